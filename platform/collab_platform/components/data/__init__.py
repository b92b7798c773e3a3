"""Managed datastores on AWS: PostgreSQL, Redis, object storage."""

from collab_platform.components.data.layer import Data
from collab_platform.components.data.network import Network
from collab_platform.components.data.object_storage import ObjectStorage
from collab_platform.components.data.postgresql import PostgreSQL
from collab_platform.components.data.redis import Redis
from collab_platform.components.data.settings import S3, DataSettings, ElastiCache, InCluster, Rds

__all__ = [
    "S3",
    "Data",
    "DataSettings",
    "ElastiCache",
    "InCluster",
    "Network",
    "ObjectStorage",
    "PostgreSQL",
    "Rds",
    "Redis",
]
