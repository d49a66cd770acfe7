"""
The one door to AWS: the only package that imports boto3.

What comes out are the model's values and ``ReconcileError``; raw answers, which hold
environment variables in clear and signed URLs, stay inside.
"""
