"""The ``kubernetes`` target: the blueprint in a namespace. ``docs/kubernetes.md`` is the contract with its charts.

The pure heart is :mod:`.releases` (values of the charts), :mod:`.secret_objects`, :mod:`.external_secrets` and
:mod:`.pki`; :mod:`.render` writes it all down as manifests, :mod:`.target` drives Pulumi with it.
"""
