"""AWS's other client against a local cloud: `botocore-client.py EC2_URL ROUTE53_URL KEY SECRET ZONE_ID`. Prints one JSON document."""
import json
import sys

import botocore.config
import botocore.exceptions
import botocore.session

ec2_url, route53_url, key, secret, zone = sys.argv[1:]
session = botocore.session.get_session()
session.set_credentials(key, secret)
once = botocore.config.Config(retries={"max_attempts": 0})
ec2 = session.create_client("ec2", region_name="us-east-1", endpoint_url=ec2_url, config=once)
route53 = session.create_client("route53", region_name="us-east-1", endpoint_url=route53_url, config=once)
waiting = {"Delay": 0.1, "MaxAttempts": 100}
launch = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.large", "MinCount": 1, "MaxCount": 1}
tags = [{"Key": "owner", "Value": "a&b <ü>"}]
seen = {}


def refusal(call, **given):
    try:
        call(**given)
    except botocore.exceptions.ClientError as error:
        return f"{error.response['Error']['Code']} {error.response['ResponseMetadata']['HTTPStatusCode']}"
    return "not refused"


def changing(action, name, value, kind="A"):
    record = {"Name": name, "Type": kind, "TTL": 5, "ResourceRecords": [{"Value": value}]}
    return {"HostedZoneId": zone, "ChangeBatch": {"Comment": "ü", "Changes": [{"Action": action, "ResourceRecordSet": record}]}}


started = ec2.run_instances(
    **launch,
    UserData="#!/bin/sh\n",
    ClientToken="py-1",
    TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
)
instance = started["Instances"][0]["InstanceId"]
ec2.get_waiter("instance_running").wait(InstanceIds=[instance], WaiterConfig=waiting)
pages = ec2.get_paginator("describe_instances").paginate(
    Filters=[{"Name": "tag:owner", "Values": ["a&b*"]}], PaginationConfig={"PageSize": 5}
)
seen["found"] = [one["Tags"] for page in pages for group in page["Reservations"] for one in group["Instances"]] == [tags]
ec2.create_tags(Resources=[instance], Tags=[{"Key": "second", "Value": ""}])
seen["tags"] = sorted(tag["Key"] for tag in ec2.describe_tags()["Tags"])
ec2.stop_instances(InstanceIds=[instance])
ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance], WaiterConfig=waiting)
ec2.start_instances(InstanceIds=[instance])
ec2.get_waiter("instance_running").wait(InstanceIds=[instance], WaiterConfig=waiting)
ec2.get_waiter("instance_status_ok").wait(InstanceIds=[instance], WaiterConfig=waiting)
ec2.terminate_instances(InstanceIds=[instance])
ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance], WaiterConfig=waiting)
seen["ec2 refuses"] = [
    refusal(ec2.run_instances, **{**launch, "InstanceType": "m4.huge"}),
    refusal(ec2.run_instances, **{**launch, "ImageId": "ami-0fffffffffffffff1"}),
    refusal(ec2.describe_instances, InstanceIds=["i-0fffffffffffffff1"]),
    refusal(ec2.run_instances, **launch, DryRun=True),
]

change = route53.change_resource_record_sets(**changing("UPSERT", "*.py.preview.test", "10.0.0.1"))["ChangeInfo"]["Id"]
route53.get_waiter("resource_record_sets_changed").wait(Id=change, WaiterConfig=waiting)
sets = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone, PaginationConfig={"PageSize": 1})
seen["records"] = [f"{one['Name']} {one['Type']}" for page in sets for one in page["ResourceRecordSets"]]
seen["route53 refuses"] = [
    refusal(route53.change_resource_record_sets, **changing("CREATE", "*.py.preview.test", "10.0.0.1")),
    refusal(route53.change_resource_record_sets, **changing("UPSERT", "x.preview.test", "nope")),
    refusal(route53.change_resource_record_sets, **changing("UPSERT", "x.preview.test", "x", "APEX")),
    refusal(route53.get_hosted_zone, Id="Z1"),
]
session.set_credentials(key, "wrong")
stranger = session.create_client("route53", region_name="us-east-1", endpoint_url=route53_url, config=once)
seen["stranger"] = refusal(stranger.list_hosted_zones)
print(json.dumps(seen))
