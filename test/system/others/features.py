"""Runs the features of a broker with Paho Python and prints a line for each: "<feature>: ok", or what came instead.

features.py PORT VERSION PHASE: VERSION is 4 or 5; PHASE "before" leaves a session behind, "after" takes it up again behind a restart.
"""

import sys
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

PORT, VERSION, PHASE = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
PATIENCE = 10
count = 0


def properties(packet, **values):
    made = Properties(packet)
    for name, value in values.items():
        setattr(made, name, value)
    return made


class Client:
    """A client that is connected when it is made, and waits for what it expects."""

    def __init__(self, name=None, clean=True, will=None, keepalive=60, manual=False, **connect):
        self.changed = threading.Condition()
        self.messages, self.acks, self.unacks, self.codes = [], [], [], {}
        self.connack = None
        if name is None:
            Client.made = getattr(Client, "made", 0) + 1
            name = "paho%d-%d" % (VERSION, Client.made)
        old = {} if VERSION == 5 else {"clean_session": clean}
        self.paho = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, name, protocol=VERSION, manual_ack=manual, **old)
        self.paho.on_connect = lambda c, u, flags, reason, props: self.put("connack", (flags, reason, props))
        self.paho.on_message = lambda c, u, message: self.add(self.messages, message)
        self.paho.on_subscribe = lambda c, u, mid, reasons, props: self.add(self.acks, reasons)
        self.paho.on_unsubscribe = lambda c, u, mid, reasons, props: self.add(self.unacks, reasons)
        self.paho.on_publish = lambda c, u, mid, reason, props: self.put_code(mid, reason)
        if will is not None:
            self.paho.will_set(**will)
        more = {"clean_start": clean, "properties": properties(PacketTypes.CONNECT, **connect)} if VERSION == 5 else {}
        self.paho.connect("127.0.0.1", PORT, keepalive, **more)
        self.paho.loop_start()
        self.wait(lambda: self.connack is not None)

    def put(self, name, value):
        with self.changed:
            setattr(self, name, value)
            self.changed.notify_all()

    def put_code(self, mid, reason):
        with self.changed:
            self.codes[mid] = reason
            self.changed.notify_all()

    def add(self, where, what):
        with self.changed:
            where.append(what)
            self.changed.notify_all()

    def wait(self, condition):
        with self.changed:
            return self.changed.wait_for(condition, PATIENCE)

    def subscribe(self, topic, qos=2, props=None, **options):
        before = len(self.acks)
        if VERSION == 5:
            self.paho.subscribe(topic, options=SubscribeOptions(qos, **options), properties=props)
        else:
            self.paho.subscribe(topic, qos)
        self.wait(lambda: len(self.acks) > before)
        return self

    def publish(self, topic, payload="x", qos=1, retain=False, **props):
        more = {"properties": properties(PacketTypes.PUBLISH, **props)} if VERSION == 5 else {}
        sent = self.paho.publish(topic, payload, qos, retain, **more)
        self.wait(lambda: sent.mid in self.codes)
        return self.codes.get(sent.mid)

    def texts(self, number):
        """Payloads of what has come, when it is as many as this."""
        self.wait(lambda: len(self.messages) >= number)
        return [message.payload.decode() for message in self.messages]

    def leave(self, **props):
        more = {"properties": properties(PacketTypes.DISCONNECT, **props)} if props else {}
        self.paho.disconnect(**more)
        self.paho.loop_stop()

    def vanish(self):
        """The connection breaks: no DISCONNECT."""
        self.paho.loop_stop()
        self.paho.socket().close()


def every_qos():
    sub = Client().subscribe("q/#")
    pub = Client()
    for qos in (0, 1, 2):
        pub.publish("q/t", "q%d" % qos, qos)
    sub.texts(3)
    return [(m.payload.decode(), m.qos) for m in sub.messages] == [("q0", 0), ("q1", 1), ("q2", 2)]


def retained():
    Client().publish("kept", "v", retain=True)
    sub = Client().subscribe("kept")
    return sub.texts(1) == ["v"] and sub.messages[0].retain


def will():
    sub = Client().subscribe("will")
    Client(will={"topic": "will", "payload": "gone", "qos": 1}).vanish()
    return sub.texts(1) == ["gone"]


def session_present():
    lasting = {"SessionExpiryInterval": 100} if VERSION == 5 else {}
    first = Client("present%d" % VERSION, clean=False, **lasting).subscribe("present")
    first.leave()
    Client().publish("present", "waited")
    again = Client("present%d" % VERSION, clean=False, **lasting)
    return not first.connack[0].session_present and again.connack[0].session_present and again.texts(1) == ["waited"]


def dup():
    lasting = {"SessionExpiryInterval": 100} if VERSION == 5 else {}
    first = Client("dup%d" % VERSION, clean=False, manual=True, **lasting).subscribe("dup", 1)
    Client().publish("dup")
    first.texts(1)
    first.vanish()
    again = Client("dup%d" % VERSION, clean=False, **lasting)
    again.texts(1)
    return (first.messages[0].dup, again.messages[0].dup) == (False, True)


def will_delay():
    sub = Client().subscribe("late")
    props = properties(PacketTypes.WILLMESSAGE, WillDelayInterval=1)
    will = {"topic": "late", "payload": "will", "qos": 1, "properties": props}
    Client(will=will, SessionExpiryInterval=100).vanish()
    began = time.monotonic()
    Client().publish("late", "first")
    return sub.texts(2) == ["first", "will"] and time.monotonic() - began > 0.5


def message_expiry():
    Client("expiry", clean=False, SessionExpiryInterval=100).subscribe("expiry").leave()
    pub = Client()
    pub.publish("expiry", "short", MessageExpiryInterval=1)
    pub.publish("expiry", "long", MessageExpiryInterval=100)
    time.sleep(1.2)  # the time that is left is counted by the broker: nothing else tells that it is over
    sub = Client("expiry", clean=False, SessionExpiryInterval=100)
    return sub.texts(1) == ["long"] and 90 <= sub.messages[0].properties.MessageExpiryInterval < 100


def receive_maximum():
    sub = Client(manual=True, ReceiveMaximum=1).subscribe("window", 1)
    pub = Client()
    for text in ("a", "b"):
        pub.publish("window", text)
    pub.publish("window", "end", 0)
    first = sub.texts(2)
    sub.paho.ack(sub.messages[0].mid, 1)
    return first == ["a", "end"] and sub.texts(3) == ["a", "end", "b"]


def maximum_packet_size():
    sub = Client(MaximumPacketSize=100).subscribe("size")
    pub = Client()
    pub.publish("size", "x" * 200)
    pub.publish("size", "small")
    return sub.texts(1) == ["small"]


def topic_alias():
    sub = Client().subscribe("alias")
    pub = Client()
    pub.publish("alias", "1", TopicAlias=3)
    pub.publish("", "2", TopicAlias=3)
    return pub.connack[2].TopicAliasMaximum > 0 and sub.texts(2) == ["1", "2"]


def shared_subscription():
    subs = [Client().subscribe("$share/g/shared"), Client().subscribe("$share/g/shared")]
    end = Client().subscribe("shared")
    pub = Client()
    for text in "abcd":
        pub.publish("shared", text)
    end.texts(4)
    for sub in subs:
        sub.wait(lambda: sum(len(each.messages) for each in subs) >= 4)
    return sorted(text for sub in subs for text in sub.texts(0)) == list("abcd")


def subscription_identifier():
    sub = Client().subscribe("id/#", props=properties(PacketTypes.SUBSCRIBE, SubscriptionIdentifier=7))
    Client().publish("id/x")
    sub.texts(1)
    return sub.messages[0].properties.SubscriptionIdentifier == [7]


def no_local():
    both = Client().subscribe("local", noLocal=True)
    both.publish("local", "own")
    Client().publish("local", "other")
    return both.texts(1) == ["other"]


def retain_as_published():
    plain, published = Client().subscribe("rap"), Client().subscribe("rap", retainAsPublished=True)
    Client().publish("rap", retain=True)
    plain.texts(1), published.texts(1)
    return (plain.messages[0].retain, published.messages[0].retain) == (False, True)


def retain_handling():
    pub = Client()
    pub.publish("handling", "old", retain=True)
    sub = Client().subscribe("handling", retainHandling=2)
    pub.publish("handling", "new")
    return sub.texts(1) == ["new"]


def user_properties():
    sub = Client().subscribe("user")
    Client().publish("user", UserProperty=[("b", "2"), ("a", "1"), ("b", "3")])
    sub.texts(1)
    return sub.messages[0].properties.UserProperty == [("b", "2"), ("a", "1"), ("b", "3")]


def request_response():
    server, asker = Client().subscribe("ask"), Client("asker", RequestResponseInformation=1)
    answers = asker.connack[2].ResponseInformation + "1"
    asker.subscribe(answers).publish("ask", ResponseTopic=answers, CorrelationData=b"\x00\xff")
    server.texts(1)
    asked = server.messages[0].properties
    server.publish(asked.ResponseTopic, "answer", CorrelationData=asked.CorrelationData)
    return asker.texts(1) == ["answer"] and asker.messages[0].properties.CorrelationData == b"\x00\xff"


def server_keep_alive():
    return Client(keepalive=600).connack[2].ServerKeepAlive == 60


def assigned_client_id():
    return len(Client("").connack[2].AssignedClientIdentifier) > 5


def reason_codes():
    client = Client()
    client.paho.unsubscribe("never")
    client.wait(lambda: client.unacks)
    client.subscribe("granted", 1)
    codes = [client.publish("nobody").value, client.unacks[0][0].value, client.acks[0][0].value]
    return codes == [0x10, 0x11, 0x01]


def before():
    lasting = {"SessionExpiryInterval": 100} if VERSION == 5 else {}
    Client("restart%d" % VERSION, clean=False, **lasting).subscribe("restart%d" % VERSION).leave()
    Client().publish("restart%d" % VERSION, "kept")
    return True


def after():
    lasting = {"SessionExpiryInterval": 100} if VERSION == 5 else {}
    client = Client("restart%d" % VERSION, clean=False, **lasting)
    return client.connack[0].session_present and client.texts(1) == ["kept"]


OLD = [every_qos, retained, will, session_present, dup]
NEW = [will_delay, message_expiry, receive_maximum, maximum_packet_size, topic_alias, shared_subscription]
NEW += [subscription_identifier, no_local, retain_as_published, retain_handling, user_properties, request_response]
NEW += [server_keep_alive, assigned_client_id, reason_codes]

for feature in [after] if PHASE == "after" else OLD + (NEW if VERSION == 5 else []) + [before]:
    try:
        outcome = "ok" if feature() else "something else came"
    except Exception as error:
        outcome = repr(error)
    print("%s: %s" % (feature.__name__.replace("_", " "), outcome), flush=True)
