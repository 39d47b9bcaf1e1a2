"""The files of a release, each from the release as it is written down."""
