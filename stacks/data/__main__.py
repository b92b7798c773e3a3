"""PostgreSQL, Redis and object storage on AWS, as far as the configuration wants them there."""

import pulumi

from collab_platform.components.configuration import load
from collab_platform.components.data import Data, DataSettings

data = Data(f"collab-{pulumi.get_stack()}", settings=load(DataSettings))
for name, value in data.outputs.items():
    pulumi.export(name, value)
