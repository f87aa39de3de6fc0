"""The workers beside the requests: one hands out events and delivers what is owed, one starts cronjobs."""

from gateway_core.dispatch.dispatcher import Dispatcher as Dispatcher
from gateway_core.dispatch.patience import Patience as Patience
from gateway_core.dispatch.timer import Timer as Timer
