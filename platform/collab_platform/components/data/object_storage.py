"""Snapshots and files: a bucket on AWS S3."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from collab_platform.components.data.network import encryption_key
from collab_platform.components.data.settings import S3


class ObjectStorage(pulumi.ComponentResource):
    """A versioned, encrypted bucket that nobody reaches without TLS and without a grant.

    ``access_policy_arn`` is the IAM policy to attach to what the services run as that keep files; it grants
    their own calls and no more.
    """

    bucket: pulumi.Output[str]
    access_policy_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        settings: S3,
        production: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("collab:data:ObjectStorage", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = encryption_key(name, protect=production, opts=child)
        bucket = aws.s3.Bucket(
            f"{name}-bucket",
            force_destroy=False,
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(protect=production)),
        )
        closed = aws.s3.BucketPublicAccessBlock(
            f"{name}-closed",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-ownership", bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child
        )
        versioning = aws.s3.BucketVersioning(
            f"{name}-versioning", bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=child
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": key.arn,
                    },
                    "bucket_key_enabled": True,
                }
            ],
            opts=child,
        )
        aws.s3.BucketPolicy(
            f"{name}-tls-only",
            bucket=bucket.id,
            policy=bucket.arn.apply(tls_only_policy),
            # S3 answers 409 to two changes of a bucket's access at once.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[closed])),
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.id,
            rules=[
                {
                    "id": "old-versions",
                    "status": "Enabled",
                    "filter": {},
                    "noncurrent_version_expiration": {"noncurrent_days": settings.old_versions_days},
                    "expiration": {"expired_object_delete_marker": True},
                },
                {
                    "id": "incomplete-uploads",
                    "status": "Enabled",
                    "filter": {},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": settings.incomplete_upload_days},
                },
            ],
            # Rules for old versions mean nothing before there are versions.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[versioning])),
        )
        if settings.editor_origin:
            aws.s3.BucketCorsConfiguration(
                f"{name}-cors",
                bucket=bucket.id,
                cors_rules=[
                    {
                        "id": "editor",
                        "allowed_origins": [settings.editor_origin],
                        "allowed_methods": ["GET", "PUT"],
                        # What a presigned upload is signed with.
                        "allowed_headers": ["content-type", "content-disposition"],
                        "max_age_seconds": 3600,
                    }
                ],
                opts=child,
            )
        if settings.log_bucket:
            aws.s3.BucketLogging(
                f"{name}-access-log",
                bucket=bucket.id,
                target_bucket=settings.log_bucket,
                target_prefix=f"{name}/",
                opts=child,
            )
        access = aws.iam.Policy(
            f"{name}-access",
            description=f"{name}: what the services do with their bucket",
            policy=pulumi.Output.all(bucket.arn, key.arn).apply(lambda arns: access_policy(arns[0], arns[1])),
            opts=child,
        )
        self.bucket = bucket.id
        self.access_policy_arn = access.arn
        self.register_outputs({"bucket": self.bucket, "accessPolicyArn": self.access_policy_arn})


def tls_only_policy(bucket_arn: str) -> str:
    """A bucket policy that refuses plain HTTP and TLS before 1.2."""
    everyone = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [bucket_arn, f"{bucket_arn}/*"]}
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "PlainHttp", **everyone, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
                {"Sid": "OldTls", **everyone, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
            ],
        }
    )


def access_policy(bucket_arn: str, key_arn: str) -> str:
    """An IAM policy for one client of the bucket: its objects, their listing and the key they are encrypted with."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": bucket_arn},
                {
                    "Effect": "Allow",
                    "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
                    "Resource": f"{bucket_arn}/*",
                },
                {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key_arn},
            ],
        }
    )
