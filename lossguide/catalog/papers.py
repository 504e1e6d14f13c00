"""The papers that the cards cite; each stands in the book's bibliography under the same key."""

PAPERS = {
    "barron2019": "Barron, A General and Adaptive Robust Loss Function, CVPR 2019, eq. 1 and 8",
    "bodla2017": "Bodla et al., Soft-NMS: Improving Object Detection With One Line of Code, ICCV 2017",
    "charbonnier1994": "Charbonnier et al., Two Deterministic Half-Quadratic Regularization Algorithms, ICIP 1994",
    "girshick2014": "Girshick et al., Rich Feature Hierarchies, CVPR 2014, appendix C",
    "girshick2015": "Girshick, Fast R-CNN, ICCV 2015, eq. 3",
    "he2021": "He et al., Alpha-IoU, NeurIPS 2021",
    "huber1964": "Huber, Robust Estimation of a Location Parameter, 1964",
    "jaccard1912": "Jaccard, The Distribution of the Flora in the Alpine Zone, 1912",
    "jiang2018": "Jiang et al., Acquisition of Localization Confidence (IoU-Net), ECCV 2018, algorithm 1",
    "lai2017": "Lai et al., Deep Laplacian Pyramid Networks, CVPR 2017",
    "rezatofighi2019": "Rezatofighi et al., Generalized Intersection over Union, CVPR 2019",
    "wu2020": "Wu et al., IoU-aware Single-stage Object Detector, 2020",
    "yu2016": "Yu et al., UnitBox: An Advanced Object Detection Network, ACM Multimedia 2016",
    "zhang2022": "Zhang et al., Focal and Efficient IOU Loss, Neurocomputing 2022",
    "zheng2020": "Zheng et al., Distance-IoU Loss, AAAI 2020",
}
