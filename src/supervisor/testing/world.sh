# Becomes the first process of a small world: its own mounts, network, processes and, if a tools tree
# is given, its own root. Programs of one more tree are laid over, if it is given. Everything in the
# world ends when this process does.
set -eu
directory=$1 checkout=$2 tools=$3 busybox=$4 over=$5
"$busybox" ip link set lo up
if [ -n "$tools" ]; then
  mount -t tmpfs tmpfs "$directory/world"
  mkdir "$directory/world/upper" "$directory/world/work" "$directory/world/root"
  root=$directory/world/root
  mount -t overlay overlay "$root" \
    -o "lowerdir=${over:+$over:}$tools,upperdir=$directory/world/upper,workdir=$directory/world/work"
  mkdir -p "$root/proc" "$root/dev" "$root/sys" "$root/tmp" "$root$checkout" "$root$directory"
  mount --rbind /dev "$root/dev"
  mount -t sysfs sysfs "$root/sys"
  mount --bind "$checkout" "$root$checkout"
  mount --bind "$directory" "$root$directory"
  mount -t proc proc "$root/proc"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  cd "$root"
  mkdir -p .old
  pivot_root . .old
  umount -l /.old
else
  [ -z "$over" ] || mount -t overlay overlay /usr -o "lowerdir=$over/usr:/usr"
  mount -t proc proc /proc
  # It shows the devices of the network namespace that it was mounted in.
  mount -t sysfs sysfs /sys
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
echo ready
# Until the test closes the pipe, or dies.
read -r _ || true
