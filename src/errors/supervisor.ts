import { defineErrors } from './error.ts'

export const supervisorErrors = defineErrors({
  SLIPWAY_SUPERVISOR_SETTINGS_INVALID: {
    message: 'The supervisor cannot use its settings:\n{problems}',
    next: 'Correct the lines named above and restart the supervisor.',
    exitStatus: 2,
  },
  SLIPWAY_SUPERVISOR_ALREADY_RUNNING: {
    message: 'Another supervisor already answers at {socket}.',
    next: 'Stop it first, or give this one directories of its own.',
  },
  SLIPWAY_SUPERVISOR_API_TLS_INVALID: {
    message: '{what} cannot be served over TLS with {file}: {reason}',
    next: 'Write PEM files that belong together; they are read again by themselves.',
  },
  SLIPWAY_SUPERVISOR_API_NOT_LISTENING: {
    message: '{what} cannot listen at {address}, port {port}: {reason}',
    next: 'Have listen name an address of this host, and a port that is free.',
  },
  SLIPWAY_SUPERVISOR_PROGRAM_MISSING: {
    message: 'The program {program} is not installed.',
    next: 'Add the Debian package that brings {program} to the image.',
  },
  SLIPWAY_SUPERVISOR_PROGRAM_FAILED: {
    message: '{program} failed ({end}): {words}',
  },
  SLIPWAY_SUPERVISOR_CONTAINER_NOT_CREATED: {
    message: 'The container {name} could not be created: {reason}',
    next: 'Look at the command and the mounts of its service.',
  },
  SLIPWAY_SUPERVISOR_CONTAINER_NOT_STOPPED: {
    message: 'The container {name} is still there after SIGKILL.',
    next: 'Look for a process in uninterruptible sleep: its storage may not answer.',
  },
  SLIPWAY_SUPERVISOR_CONTAINERS_LEFT: {
    message: 'These services were not stopped: {services}',
    next: 'Look at the journal of slipway-supervisor for the reason of each.',
  },
  SLIPWAY_SUPERVISOR_NAME_IN_USE: {
    message: 'The container name "{name}" is in use by the container {id}.',
    next: 'Give one of them another container_name.',
  },
  SLIPWAY_SUPERVISOR_NETWORK_NAME_IN_USE: {
    message: 'The network {name} is there already, and no Compose file made it.',
    next: 'Remove it, or make it external in the file.',
  },
  SLIPWAY_SUPERVISOR_IMAGE_NOT_HERE: {
    message:
      'The image {image} is not on this host, and pull_policy: never keeps it from being pulled.',
    next: 'Bring it with `docker load` or `docker pull`, or take pull_policy: missing.',
  },
  SLIPWAY_SUPERVISOR_SCOPE_LATE: {
    message: 'systemd did not put the container {name} into {unit} within {seconds} seconds.',
    next: 'Look at the journal of PID 1 for the unit.',
  },
  SLIPWAY_SUPERVISOR_USER_UNKNOWN: {
    message: 'The image wants the {kind} "{name}", which its /etc/{file} does not have.',
    next: 'Correct the USER of the image.',
  },
  SLIPWAY_SUPERVISOR_NO_COMMAND: {
    message: 'Neither the image {image} nor its service says which command to run.',
    next: 'Add the key command to the service.',
  },
  SLIPWAY_SUPERVISOR_TOO_MANY_LAYERS: {
    message: 'The image has {count} layers, and overlayfs takes {most}.',
    next: 'Rebuild the image with fewer layers.',
  },
  SLIPWAY_SUPERVISOR_PORT_IN_USE: {
    message: 'The port {address}:{port}/{protocol} of the host is in use by another program.',
    next: 'Publish another port, or stop the program that listens there.',
  },
  SLIPWAY_SUPERVISOR_PORT_UNAVAILABLE: {
    message: 'The port {address}:{port}/{protocol} of the host cannot be published: {reason}',
    next: 'Publish on an address that the host has.',
  },
  SLIPWAY_SUPERVISOR_SUBNET_FULL: {
    message: 'The network {subnet} has no free address.',
    next: 'Declare fewer containers.',
  },
  SLIPWAY_SUPERVISOR_BIND_SOURCE_MISSING: {
    message: 'The bind mount of {source} at {target} is not possible: {source} does not exist.',
    next: 'Create it on the host, or use a volume.',
  },
  SLIPWAY_SUPERVISOR_DEVICE_MISSING: {
    message:
      'error gathering device information while adding custom device "{path}": no such file or directory',
  },
  SLIPWAY_SUPERVISOR_DISK_MISSING: {
    message: 'there is no disk {path}, for which the container has a limit',
    next: 'Name a block device of the host, as /proc/partitions lists them.',
  },
  SLIPWAY_SUPERVISOR_APPARMOR_UNUSED: {
    message: 'The AppArmor profile "{profile}" cannot be had: this host does not use AppArmor.',
    next: 'Take apparmor=0 from the kernel’s command line, or do not ask for a profile.',
  },
  SLIPWAY_SUPERVISOR_APPARMOR_PROFILE_UNKNOWN: {
    message: 'The AppArmor profile "{profile}" is not loaded.',
    next: 'Put it, compiled, into /etc/slipway/apparmor, and restart the supervisor.',
  },
  SLIPWAY_SUPERVISOR_APPARMOR_NOT_LOADED: {
    message: 'The AppArmor profile of {file} could not be loaded: {reason}',
    next: 'Until it can be, run containers that need it with apparmor=unconfined.',
  },
  SLIPWAY_SUPERVISOR_NO_TERMINAL: {
    message: 'There is no terminal to set the size of.',
  },
  SLIPWAY_SUPERVISOR_UNREACHABLE: {
    message: 'The supervisor does not answer at {socket}: {reason}',
    next: 'Look at `systemctl status slipway-supervisor`, and run this as root.',
  },
  SLIPWAY_SUPERVISOR_HOST_UNREACHABLE: {
    message: 'The API of the host {host} cannot be reached: {reason}',
    next: 'Look at the address and the certificates, and at `api` in the supervisor.yaml of that host.',
  },
  SLIPWAY_HOST_CONTEXT_UNKNOWN: {
    message: 'There is no usable context {name} in {file}: {reason}',
    next: 'Make one with docker context create, or say --host and --certificates.',
    exitStatus: 2,
  },
  SLIPWAY_HOST_CERTIFICATE_UNREADABLE: {
    message: 'The certificates for the host are not there: {file}: {reason}',
    next: 'Say with --certificates DIR where ca.pem, cert.pem and key.pem are.',
    exitStatus: 2,
  },
  SLIPWAY_SUPERVISOR_NO_SUCH_CONTAINER: {
    message: 'No such container: {name}',
    next: 'See `slipctl ps --all` for those that are there.',
  },
  SLIPWAY_SUPERVISOR_REQUEST_FAILED: {
    message: 'The supervisor answered {status}: {reason}',
  },
  SLIPWAY_SUPERVISOR_DEBUG_NO_IMAGE: {
    message: 'No image with tools is named.',
    next: 'Name one by --image, or by debug.image in /etc/slipway/supervisor.yaml.',
  },
  SLIPWAY_SUPERVISOR_DEBUG_HOST_REFUSED: {
    message: 'The settings of this host do not let slipctl debug show the host itself.',
    next: 'Set debug.host to true in /etc/slipway/supervisor.yaml, and restart the supervisor.',
  },
  SLIPWAY_SUPERVISOR_DEBUG_PULL_FAILED: {
    message: 'The image {image} could not be pulled: {reason}',
    next: 'Name another one by --image.',
  },
  SLIPWAY_HOST_USAGE: {
    message: '{problem}',
    next: 'See {program} --help.',
    exitStatus: 2,
  },
})
