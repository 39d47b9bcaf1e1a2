"""Where releases and portal go from the home: folders, and S3-compatible stores."""
