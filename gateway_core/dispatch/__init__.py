"""The worker beside the requests: hands out events, and delivers what is owed."""

from gateway_core.dispatch.dispatcher import Dispatcher as Dispatcher
from gateway_core.dispatch.patience import Patience as Patience
