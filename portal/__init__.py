"""The portal: a static site over marts and releases that needs no server and no other host."""
