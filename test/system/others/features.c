/*
 * Runs the features of a broker with Paho C and prints a line for each: "<feature>: ok", or that something else came.
 *
 * features PORT PHASE: "before" leaves a session behind, "after" takes it up again behind a restart.
 */
#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 10000
#define QUIET_MS 300

static char url[64];

static MQTTProperty number(enum MQTTPropertyCodes id, int value) {
  MQTTProperty property = {.identifier = id};
  switch (MQTTProperty_getType(id)) {
    case MQTTPROPERTY_TYPE_BYTE: property.value.byte = value; break;
    case MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER: property.value.integer2 = value; break;
    default: property.value.integer4 = value; break;
  }
  return property;
}

static MQTTProperty text(enum MQTTPropertyCodes id, char *value, char *second) {
  MQTTProperty property = {.identifier = id};
  property.value.data.data = value;
  property.value.data.len = strlen(value);
  if (second != NULL) {
    property.value.value.data = second;
    property.value.value.len = strlen(second);
  }
  return property;
}

typedef struct {
  MQTTClient handle;
  int keep_alive;
  char assigned[128], answers[128];
} Client;

static void keep(char *to, MQTTProperties *from, enum MQTTPropertyCodes id) {
  MQTTProperty *found = MQTTProperties_getProperty(from, id);
  if (found != NULL) snprintf(to, 128, "%.*s", found->value.data.len, found->value.data.data);
}

static Client join(const char *name, int clean, MQTTProperty *property, char *will) {
  Client client = {0};
  MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer5;
  MQTTClient_willOptions last = MQTTClient_willOptions_initializer;
  MQTTProperties properties = MQTTProperties_initializer;
  create.MQTTVersion = MQTTVERSION_5;
  MQTTClient_createWithOptions(&client.handle, url, name, MQTTCLIENT_PERSISTENCE_NONE, NULL, &create);
  options.cleanstart = clean;
  options.keepAliveInterval = 600;
  if (will != NULL) {
    last.topicName = will, last.message = "gone", last.qos = 1;
    options.will = &last;
  }
  if (property != NULL) MQTTProperties_add(&properties, property);
  MQTTResponse answer = MQTTClient_connect5(client.handle, &options, &properties, NULL);
  if (answer.reasonCode != MQTTREASONCODE_SUCCESS || answer.properties == NULL) {
    printf("connect: %d\n", answer.reasonCode);
    exit(1);
  }
  client.keep_alive = MQTTProperties_getNumericValue(answer.properties, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE);
  keep(client.assigned, answer.properties, MQTTPROPERTY_CODE_ASSIGNED_CLIENT_IDENTIFER);
  keep(client.answers, answer.properties, MQTTPROPERTY_CODE_RESPONSE_INFORMATION);
  MQTTResponse_free(answer);
  return client;
}

static Client fresh(void) {
  static int made = 0;
  char name[16];
  snprintf(name, sizeof name, "c-%d", ++made);
  return join(name, 1, NULL, NULL);
}

static int subscribe(Client client, const char *filter, MQTTSubscribe_options *options, MQTTProperty *property) {
  MQTTProperties properties = MQTTProperties_initializer;
  if (property != NULL) MQTTProperties_add(&properties, property);
  MQTTResponse answer = MQTTClient_subscribe5(client.handle, filter, 2, options, &properties);
  int code = answer.reasonCode;
  MQTTResponse_free(answer);
  return code;
}

static int publish(Client client, char *topic, char *payload, int qos, int retain, MQTTProperty *first, MQTTProperty *second) {
  MQTTProperties properties = MQTTProperties_initializer;
  MQTTClient_deliveryToken token;
  if (first != NULL) MQTTProperties_add(&properties, first);
  if (second != NULL) MQTTProperties_add(&properties, second);
  MQTTResponse answer =
      MQTTClient_publish5(client.handle, topic, strlen(payload), payload, qos, retain, &properties, &token);
  int code = answer.reasonCode;
  MQTTResponse_free(answer);
  if (code < 0x80 && qos > 0) MQTTClient_waitForCompletion(client.handle, token, PATIENCE_MS);
  return code;
}

static void leave(Client client) {
  MQTTClient_disconnect5(client.handle, 1000, MQTTREASONCODE_SUCCESS, NULL);
}

/* The next message, whose payload must be this one; NULL when it is not. "": none may come. */
static MQTTClient_message *next(Client client, const char *payload) {
  char *topic = NULL;
  int length;
  MQTTClient_message *message = NULL;
  MQTTClient_receive(client.handle, &topic, &length, &message, *payload == 0 ? QUIET_MS : PATIENCE_MS);
  if (message == NULL || message->payloadlen != (int)strlen(payload)) return NULL;
  return memcmp(message->payload, payload, message->payloadlen) == 0 ? message : NULL;
}

static int is(MQTTProperty *property, const char *value) {
  return property != NULL && property->value.data.len == (int)strlen(value) &&
         memcmp(property->value.data.data, value, strlen(value)) == 0;
}

static int every_qos(void) {
  Client sub = fresh(), pub = fresh();
  subscribe(sub, "cq", NULL, NULL);
  for (int qos = 0; qos < 3; qos++) {
    publish(pub, "cq", "x", qos, 0, NULL, NULL);
    MQTTClient_message *message = next(sub, "x");
    if (message == NULL || message->qos != qos) return 0;
  }
  return 1;
}

static int retained(void) {
  Client pub = fresh(), sub = fresh();
  publish(pub, "ckept", "v", 1, 1, NULL, NULL);
  subscribe(sub, "ckept", NULL, NULL);
  MQTTClient_message *message = next(sub, "v");
  return message != NULL && message->retained;
}

static int will(void) {
  Client sub = fresh(), dying = join("c-dying", 1, NULL, "cwill");
  subscribe(sub, "cwill", NULL, NULL);
  MQTTClient_disconnect5(dying.handle, 1000, MQTTREASONCODE_DISCONNECT_WITH_WILL_MESSAGE, NULL);
  return next(sub, "gone") != NULL;
}

static int kept_session(void) {
  MQTTProperty lasting = number(MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, 100);
  Client first = join("c-present", 0, &lasting, NULL);
  subscribe(first, "cpresent", NULL, NULL);
  leave(first);
  publish(fresh(), "cpresent", "waited", 1, 0, NULL, NULL);
  Client again = join("c-present", 0, &lasting, NULL);
  return next(again, "waited") != NULL;
}

static int message_expiry(void) {
  Client sub = fresh();
  MQTTProperty expiry = number(MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, 100);
  subscribe(sub, "cexpiry", NULL, NULL);
  publish(fresh(), "cexpiry", "x", 1, 0, &expiry, NULL);
  MQTTClient_message *message = next(sub, "x");
  if (message == NULL) return 0;
  int left = MQTTProperties_getNumericValue(&message->properties, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL);
  return left > 90 && left <= 100;
}

static int maximum_packet_size(void) {
  MQTTProperty maximum = number(MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, 60);
  Client sub = join("c-size", 1, &maximum, NULL), pub = fresh();
  subscribe(sub, "csize", NULL, NULL);
  publish(pub, "csize", "a message that is longer than the sixty bytes of its reader", 1, 0, NULL, NULL);
  publish(pub, "csize", "small", 1, 0, NULL, NULL);
  return next(sub, "small") != NULL;
}

static int topic_alias(void) {
  Client sub = fresh(), pub = fresh();
  MQTTProperty alias = number(MQTTPROPERTY_CODE_TOPIC_ALIAS, 3);
  subscribe(sub, "calias", NULL, NULL);
  publish(pub, "calias", "1", 1, 0, &alias, NULL);
  publish(pub, "", "2", 1, 0, &alias, NULL);
  return next(sub, "1") != NULL && next(sub, "2") != NULL;
}

static int shared_subscription(void) {
  Client one = fresh(), two = fresh();
  subscribe(one, "$share/g/cshared", NULL, NULL);
  subscribe(two, "$share/g/cshared", NULL, NULL);
  publish(fresh(), "cshared", "x", 1, 0, NULL, NULL);
  char *topic;
  int length, came = 0;
  Client both[] = {one, two};
  for (int i = 0; i < 2; i++) {
    MQTTClient_message *message = NULL;
    MQTTClient_receive(both[i].handle, &topic, &length, &message, QUIET_MS);
    came += message != NULL;
  }
  return came == 1;
}

static int subscription_identifier(void) {
  Client sub = fresh();
  MQTTProperty id = number(MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER, 7);
  subscribe(sub, "cid", NULL, &id);
  publish(fresh(), "cid", "x", 1, 0, NULL, NULL);
  MQTTClient_message *message = next(sub, "x");
  return message != NULL &&
         MQTTProperties_getNumericValue(&message->properties, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER) == 7;
}

static int subscribe_options(void) {
  Client both = fresh(), pub = fresh();
  MQTTSubscribe_options options = MQTTSubscribe_options_initializer;
  options.noLocal = 1, options.retainAsPublished = 1, options.retainHandling = 2;
  publish(pub, "copt", "old", 1, 1, NULL, NULL);
  subscribe(both, "copt", &options, NULL);
  publish(both, "copt", "own", 1, 0, NULL, NULL);
  publish(pub, "copt", "new", 1, 1, NULL, NULL);
  MQTTClient_message *message = next(both, "new");
  return message != NULL && message->retained;
}

static int request_response(void) {
  MQTTProperty wish = number(MQTTPROPERTY_CODE_REQUEST_RESPONSE_INFORMATION, 1);
  Client server = fresh(), asker = join("c-asker", 1, &wish, NULL);
  char answers[160];
  snprintf(answers, sizeof answers, "%s1", asker.answers);
  MQTTProperty to = text(MQTTPROPERTY_CODE_RESPONSE_TOPIC, answers, NULL);
  MQTTProperty correlation = text(MQTTPROPERTY_CODE_CORRELATION_DATA, "nr 1", NULL);
  MQTTProperty user = text(MQTTPROPERTY_CODE_USER_PROPERTY, "key", "value");
  subscribe(server, "cask", NULL, NULL);
  subscribe(asker, answers, NULL, NULL);
  publish(asker, "cask", "x", 1, 0, &to, &correlation);
  MQTTClient_message *asked = next(server, "x");
  if (asked == NULL || !is(MQTTProperties_getProperty(&asked->properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC), answers)) return 0;
  publish(server, answers, "answer", 1, 0, &correlation, &user);
  MQTTClient_message *answer = next(asker, "answer");
  if (answer == NULL) return 0;
  MQTTProperty *found = MQTTProperties_getProperty(&answer->properties, MQTTPROPERTY_CODE_USER_PROPERTY);
  return is(MQTTProperties_getProperty(&answer->properties, MQTTPROPERTY_CODE_CORRELATION_DATA), "nr 1") &&
         is(found, "key") && memcmp(found->value.value.data, "value", 5) == 0;
}

static int server_keep_alive(void) { return fresh().keep_alive == 60; }

static int assigned_client_id(void) { return strlen(join("", 1, NULL, NULL).assigned) > 5; }

static int reason_codes(void) {
  Client client = fresh();
  MQTTResponse answer = MQTTClient_unsubscribe5(client.handle, "cnever", NULL);
  return answer.reasonCode == MQTTREASONCODE_NO_SUBSCRIPTION_FOUND && subscribe(client, "cgranted", NULL, NULL) == 2;
}

static int before(void) {
  MQTTProperty lasting = number(MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, 100);
  Client first = join("c-restart", 0, &lasting, NULL);
  subscribe(first, "crestart", NULL, NULL);
  leave(first);
  publish(fresh(), "crestart", "kept", 1, 0, NULL, NULL);
  return 1;
}

static int after(void) {
  MQTTProperty lasting = number(MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, 100);
  Client again = join("c-restart", 0, &lasting, NULL);
  return next(again, "kept") != NULL;
}

#define RUN(feature) printf("%s: %s\n", #feature, feature() ? "ok" : "something else came")

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  snprintf(url, sizeof url, "tcp://127.0.0.1:%s", argv[1]);
  if (strcmp(argv[2], "after") == 0) return RUN(after), 0;
  RUN(every_qos), RUN(retained), RUN(will), RUN(kept_session), RUN(message_expiry), RUN(maximum_packet_size);
  RUN(topic_alias), RUN(shared_subscription), RUN(subscription_identifier), RUN(subscribe_options);
  RUN(request_response), RUN(server_keep_alive), RUN(assigned_client_id), RUN(reason_codes), RUN(before);
  return 0;
}
