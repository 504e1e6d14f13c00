"""Networks that turn an image into feature maps, for losses that compare what images show.

``lossguide.features.torch`` and ``lossguide.features.tensorflow`` have the same three networks:
``embedded`` comes with the package, ``vgg16`` and ``vgg19`` are downloaded, or have random weights.
"""
