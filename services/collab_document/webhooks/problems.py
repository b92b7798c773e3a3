"""What the webhooks' interface refuses, and by which name.

NotFound   NoSuchWebhook, NoSuchDelivery
Conflict   TooManyWebhooks, WebhookDisabled, DeliveryPending
"""

from collab_kit.errors import Conflict, NotFound

__all__ = ["DeliveryPending", "NoSuchDelivery", "NoSuchWebhook", "TooManyWebhooks", "WebhookDisabled"]


class NoSuchWebhook(NotFound):
    slug = "no-such-webhook"
    title = "You have no such webhook"


class NoSuchDelivery(NotFound):
    slug = "no-such-delivery"
    title = "The webhook has no such delivery"


class TooManyWebhooks(Conflict):
    slug = "too-many-webhooks"
    title = "You have as many webhooks as you can"


class WebhookDisabled(Conflict):
    slug = "webhook-disabled"
    title = "The webhook is disabled"


class DeliveryPending(Conflict):
    slug = "delivery-pending"
    title = "The message is still being delivered"
