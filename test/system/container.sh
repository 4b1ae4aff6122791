#!/bin/sh
# Lays out what the base image, the Supervisor and a user give to the app, then becomes s6-svscan as process 1.
# To be started in mount, network and process namespaces of its own: nothing of it is seen outside or stays behind.
#
#   container.sh <empty folder for the root> <folder with data, share, ssl and env> <node> <repository> [<from> <to>]...
#
# The pairs are the COPY lines of the Dockerfile: <from> in the repository, <to> in the image.
set -eu
root=$1 folders=$2 node=$3 repository=$4
shift 4

# Still numbered as outside: what a test sends its signals to, and whose namespaces it enters.
read -r pid _ </proc/self/stat
echo "container: $pid"

ip link set lo up
mount -t tmpfs tmpfs "$root"
cd "$root"

give() { # <from> <to> [rw]
  if [ -d "$1" ]; then mkdir -p ".$2"; else mkdir -p ".${2%/*}" && : >".$2"; fi
  mount --rbind "$1" ".$2"
  [ "${3:-}" = rw ] || mount -o remount,bind,ro ".$2"
}

# The base image: a system, s6 and Node.
for folder in /bin /lib /lib64 /sbin; do
  if [ -L "$folder" ]; then cp -P "$folder" .; elif [ -d "$folder" ]; then give "$folder" "$folder"; fi
done
give /usr /usr
give /dev /dev rw
give "$node" /command/node
mkdir -p proc tmp etc run
mount -t proc proc proc
cat >command/with-contenv <<'END'
#!/bin/sh
exec s6-envdir -f /run/s6/container_environment "$@"
END
mkdir -p run/s6-linux-init-container-results run/s6/basedir/bin
echo 0 >run/s6-linux-init-container-results/exitcode
cat >run/s6/basedir/bin/halt <<'END'
#!/bin/sh
exec s6-svscanctl -t /run/service
END
chmod 755 command/with-contenv run/s6/basedir/bin/halt

# The app's image.
while [ $# -gt 0 ]; do
  if [ "$2" = / ]; then cp -R "$repository/$1/." .; else give "$repository/$1" "$2"; fi
  shift 2
done

# What the Supervisor adds: the environment, folders, and itself under its name.
cp -R "$folders/env" run/s6/container_environment
give "$folders/data" /data rw
give "$folders/share" /share
give "$folders/ssl" /ssl
printf '127.0.0.1 localhost supervisor local-culex\n' >etc/hosts
give "$repository/test" /outside/test
# The stand-in Supervisor uses a package of the tests, which the app need not have.
give "$repository/node_modules" /outside/node_modules

# As s6-overlay does: services that the user bundle names, each in a folder of its own.
mkdir run/service
for name in etc/s6-overlay/s6-rc.d/user/contents.d/*; do
  cp -R "etc/s6-overlay/s6-rc.d/${name##*/}" run/service/
done
mkdir run/service/.s6-svscan
# The end of the container: its exit code is what the finish script wrote.
cat >run/service/.s6-svscan/finish <<'END'
#!/bin/sh
read -r code </run/s6-linux-init-container-results/exitcode
exit "$code"
END
chmod 755 run/service/.s6-svscan/finish

inside() { # <command>...
  exec chroot . /usr/bin/env -i PATH=/command:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
# The Supervisor is there before the app and after it.
inside node /outside/test/system/container-supervisor.ts &
inside s6-svscan /run/service
