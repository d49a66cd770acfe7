"""A declarative reconciler for what runs in AWS Lambda functions."""

__version__ = "0.1.0"
