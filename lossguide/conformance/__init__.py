"""A kit that tells whether a loss is right: ``check(my_loss, like="boxes.ciou_loss")``."""
