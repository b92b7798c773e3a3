"""The cloud around the cluster, as Pulumi components, and the policies every resource is held to.

Needs the extra ``kubernetes``. Only the programs in ``stacks/`` and the Kubernetes target import from here, so that
neither ``make up`` nor a service image carries Pulumi.
"""
