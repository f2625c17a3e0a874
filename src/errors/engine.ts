import { defineErrors } from './error.ts'

/** Answers of the Engine API; where Docker has words of its own for one, these are they. */
export const engineErrors = defineErrors({
  SLIPWAY_ENGINE_NO_SUCH_CONTAINER: { message: 'No such container: {name}' },
  SLIPWAY_ENGINE_NO_SUCH_EXEC: { message: 'No such exec instance: {id}' },
  SLIPWAY_ENGINE_NO_SUCH_IMAGE: { message: 'No such image: {image}' },
  SLIPWAY_ENGINE_IMAGE_CONFLICT: { message: 'conflict: {reason}' },
  SLIPWAY_ENGINE_IMAGE_HELD: {
    message: 'conflict: the image {image} is needed by {holder}',
    next: 'It goes when that does not name it any more.',
  },
  SLIPWAY_ENGINE_NO_SUCH_NETWORK: { message: 'network {name} not found' },
  SLIPWAY_ENGINE_NETWORK_EXISTS: { message: 'network with name {name} already exists' },
  SLIPWAY_ENGINE_NETWORK_ACTIVE: {
    message: 'error while removing network: network {name} id {id} has active endpoints',
  },
  SLIPWAY_ENGINE_NETWORK_PREDEFINED: {
    message: '{name} is a pre-defined network and cannot be removed',
  },
  SLIPWAY_ENGINE_IPC_NOT_SHAREABLE: {
    message:
      'failed to join IPC namespace: container {id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)',
  },
  SLIPWAY_ENGINE_NETWORK_FORBIDDEN: { message: '{problem}' },
  SLIPWAY_ENGINE_NO_NETWORK_DRIVER: {
    message: 'could not find plugin {driver} in v1 plugin registry: plugin "{driver}" not found',
  },
  SLIPWAY_ENGINE_SUBNET_OVERLAPS: {
    message: 'Pool overlaps with other one on this address space',
  },
  SLIPWAY_ENGINE_NO_FREE_SUBNET: {
    message:
      'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
  },
  SLIPWAY_ENGINE_ADDRESS_IN_USE: { message: 'Address already in use' },
  SLIPWAY_ENGINE_NOT_CONNECTED: {
    message: 'container {id} is not connected to network {name}',
  },
  SLIPWAY_ENGINE_NO_SUCH_VOLUME: { message: 'get {name}: no such volume' },
  SLIPWAY_ENGINE_VOLUME_IN_USE: { message: 'remove {name}: volume is in use - [{ids}]' },
  SLIPWAY_ENGINE_NO_VOLUME_DRIVER: {
    message: 'create {name}: error looking up volume plugin {driver}: plugin "{driver}" not found',
  },
  SLIPWAY_ENGINE_INVALID: { message: '{problem}' },
  SLIPWAY_ENGINE_UNSUPPORTED: { message: '{field} is not supported: {reason}' },
  SLIPWAY_ENGINE_NAME_INVALID: {
    message: 'Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
  },
  SLIPWAY_ENGINE_NAME_IN_USE: {
    message:
      'Conflict. The container name "/{name}" is already in use by container "{id}". You have to remove (or rename) that container to be able to reuse that name.',
  },
  SLIPWAY_ENGINE_NOT_RUNNING: { message: 'container {id} is not running' },
  SLIPWAY_ENGINE_IS_PAUSED: {
    message: 'container {id} is paused: unpause the container first',
  },
  SLIPWAY_ENGINE_EXEC_PAUSED: {
    message: 'Container {name} is paused, unpause the container before exec',
  },
  SLIPWAY_ENGINE_NOT_PAUSED: { message: 'Container {id} is not paused' },
  SLIPWAY_ENGINE_ALREADY_PAUSED: { message: 'Container {id} is already paused' },
  SLIPWAY_ENGINE_STILL_RUNNING: {
    message:
      'cannot remove container "/{name}": container is running: stop the container before removing or force remove',
  },
  SLIPWAY_ENGINE_DECLARED: {
    message: 'the container {name} is declared by {file}, and is what that file says',
    next: 'Change or remove the file.',
  },
  SLIPWAY_ENGINE_HOLDER_NOT_RUNNING: {
    message: 'cannot join the namespace of a container that is not running: {id}',
  },
  SLIPWAY_ENGINE_PORT_ALLOCATED: {
    message:
      'driver failed programming external connectivity on endpoint {name}: Bind for {address}:{port} failed: port is already allocated',
  },
  SLIPWAY_ENGINE_START_FAILED: { message: '{reason}' },
  SLIPWAY_ENGINE_EXEC_RUNNING: { message: 'Error: Exec command {id} is already running' },
  SLIPWAY_ENGINE_NO_SUCH_FILE: { message: 'Could not find the file {path} in container {name}' },
  SLIPWAY_ENGINE_NOT_A_DIRECTORY: { message: 'extraction point is not a directory' },
  SLIPWAY_ENGINE_READ_ONLY: { message: '{what} is marked read-only' },
  SLIPWAY_ENGINE_ARCHIVE_UNSAFE: {
    message: 'the entry {name} of the archive would be outside of the directory that it goes to',
  },
  SLIPWAY_ENGINE_ARCHIVE_KIND: {
    message: 'cannot overwrite {was} "{path}" with {becomes} "{directory}"',
  },
  SLIPWAY_ENGINE_ARCHIVE_ID: { message: 'Container ID {id} cannot be mapped to a host ID' },
  SLIPWAY_ENGINE_ARCHIVE_NO_OWNER: {
    message: 'nothing can be copied to a tmpfs of a container with a user namespace of its own',
    next: 'Copy it somewhere else, and move it there by `docker exec`.',
  },
  SLIPWAY_ENGINE_USER_NAMESPACE: { message: '{problem}' },
  SLIPWAY_ENGINE_ARCHIVE_FAILED: { message: 'the archive of {name} is not whole: {reason}' },
  SLIPWAY_ENGINE_LOG_NOT_READABLE: {
    message: 'configured logging driver does not support reading',
  },
})
