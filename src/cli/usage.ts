/** What "culex help" prints. */
export const USAGE = `Usage:
  culex [run] [-c mosquitto.conf] [-p port] [-v] [--log-format text|json]
  culex check -c mosquitto.conf
  culex check [--options /data/options.json] [--share /share] [--ssl /ssl] [--data /data]
  culex explain [-c mosquitto.conf | --folder /share/mosquitto] [--user name] [--client id] [--ip address] [--listener name]
                --publish topic | --subscribe filter
  culex ban add --client id | --user name | --ip network [--for 12h] [--reason text] [-c mosquitto.conf]
  culex ban remove --client id | --user name | --ip network [-c mosquitto.conf]
  culex ban list [-c mosquitto.conf]
  culex passwd [username]
  culex api-key <id>
  culex trace client|user|ip|topic <name> <file>|off [--minutes 60] [--megabytes 10]
              [--payload text|hex|hidden] [-c mosquitto.conf]
  culex trace list [-c mosquitto.conf]
  culex backup <from> <to>
  culex import <mosquitto.db | mqtt://user@host:1883> [--into /data/culex.db] [--replace]

run     starts the broker. Without a file it listens on this machine only, for everyone.
        Mosquitto's own arguments work without the verb: culex -c file -p port -v --test-config
check   reads options, conf and ACL files and prints every problem. Of a mosquitto.conf it also
        says of each line whether it is carried out, for those who come from Mosquitto.
        Exit code 0: none, 1: warnings, 2: errors.
explain says whether a client may publish or subscribe, by which rule, and why the rules before
        it do not decide. It takes the places that check takes, and asks no password. Of a folder it
        reads what the app would with that folder in its option customize: conf files of Mosquitto
        or EMQ, auth.yaml, and the files that these name.
        Exit code 0: allowed, 1: denied.
ban     changes the list of who may not connect, which a running broker takes over by itself, or
        prints it, and whom a running broker keeps out by itself (flapping_count). It takes the
        places that check takes.
        Exit code 0: done, 1: there is no such ban, 2: the list has a fault.
passwd  asks for a password, or reads it from standard input, and prints its hash:
        a line for password_file when a username is given, else a value for an option's
        password with password_pre_hashed.
api-key makes a key for publishing over HTTP: on standard output its line for the file of
        keys, which holds no secret, and beside it the secret, once.
trace   has a running broker write the packets of a client, a user or an address, or the
        messages to a topic, to a file in the folder "trace" of its data, until "off" or for the
        minutes said. Passwords are never written, payloads cut or hidden.
backup  copies the session store <from>, also while a broker uses it, to the file <to>.
import  adds what a mosquitto.db holds (retained messages, sessions, subscriptions, queued
        messages) to a session store that no broker uses. With the address of a running
        broker (mqtt:// or mqtts://) it copies the retained messages that the user may read;
        the password is asked for, or taken from CULEX_IMPORT_PASSWORD or standard input.
        What the store has stays as it is, or with --replace gives way.
`;
