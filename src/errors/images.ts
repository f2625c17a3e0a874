import { defineErrors } from './error.ts'

/** Errors of the image store: registries, digests, layers, disk space. */
export const imagesErrors = defineErrors({
  SLIPWAY_IMAGES_REFERENCE_INVALID: {
    message: '"{reference}" is not an image reference: {reason}.',
    next: 'Write it as [registry/]repository[:tag][@sha256:digest].',
    exitStatus: 2,
  },
  SLIPWAY_IMAGES_REGISTRY_UNREACHABLE: {
    message: 'The registry {registry} cannot be reached: {reason}.',
    next: 'Check the name, the network and the DNS of this host, then pull again.',
  },
  SLIPWAY_IMAGES_REGISTRY_NOT_TLS: {
    message: 'The registry {registry} does not speak HTTPS as it should: {reason}.',
    next: 'Call it insecure in the supervisor’s settings if it speaks plain HTTP on purpose; otherwise it needs a certificate of a public authority, or of the one that its settings name as certificateAuthority.',
  },
  SLIPWAY_IMAGES_REGISTRY_FAILED: {
    message: 'The registry {registry} answered {status} to {request}: {reason}.',
    next: 'Pull again later; if it persists, ask those who run the registry.',
  },
  SLIPWAY_IMAGES_REGISTRY_RATE_LIMITED: {
    message: 'The registry {registry} wants no further request for {seconds} s.',
    next: 'Pull again after that time, or log in: most registries allow more then.',
  },
  SLIPWAY_IMAGES_REGISTRY_PROTOCOL: {
    message: 'The registry {registry} broke the protocol: {reason}.',
    next: 'Check that the name and port are those of a registry and not of another service.',
  },
  SLIPWAY_IMAGES_REDIRECT_REFUSED: {
    message: 'The registry {registry} redirects to {target}, which is refused: {reason}.',
    next: 'Ask those who run the registry; plain HTTP is followed only for registries called insecure.',
  },
  SLIPWAY_IMAGES_UNAUTHORIZED: {
    message: 'The registry {registry} refuses access to {repository}.',
    next: 'Check the name of the image, and the username and password in the settings of this registry.',
  },
  SLIPWAY_IMAGES_NOT_FOUND: {
    message: 'There is no image {reference}.',
    next: 'Check the name and the tag; the registry {registry} knows neither or does not show it.',
  },
  SLIPWAY_IMAGES_NO_SOURCE: {
    message: 'Neither a mirror nor the registry gives {repository}: {reasons}',
    next: 'Check the mirrors in the supervisor’s settings, and whether this host reaches the registry.',
  },
  SLIPWAY_IMAGES_PLATFORM_MISSING: {
    message: 'The image {reference} is not made for {platform}; it is made for: {available}.',
    next: 'Choose an image or a tag that is made for this machine.',
  },
  SLIPWAY_IMAGES_MANIFEST_INVALID: {
    message: 'The {what} of {reference} cannot be used: {reason}.',
    next: 'Push the image again with a current tool, or choose another.',
  },
  SLIPWAY_IMAGES_NOT_AN_IMAGE: {
    message: '{reference} is not a container image but {mediaType}.',
    next: 'Name a container image; other OCI artifacts cannot be run.',
  },
  SLIPWAY_IMAGES_REFUSED_BY_POLICY: {
    message:
      '{image} is refused by the rule for {scope} in images.policy (require: {requirement}): {reason}.',
    next: 'Name the image by its digest, or have it signed by one of the keys, as the rule asks for; then pull it. Whoever runs the host may change the rule in the supervisor’s settings.',
  },
  SLIPWAY_IMAGES_DIGEST_MISMATCH: {
    message: 'The {what} {expected} has other content ({actual}); nothing of it was kept.',
    next: 'Pull again; if it persists, the registry or something on the way to it changes data: find out which.',
  },
  SLIPWAY_IMAGES_SIZE_MISMATCH: {
    message:
      'The {what} {digest} should have {expectedBytes} bytes, but has {actual}; nothing was kept.',
    next: 'Pull again; if it persists, push the image again.',
  },
  SLIPWAY_IMAGES_TRANSFER_BROKEN: {
    message: 'The download of {digest} from {registry} broke off {attempts} times: {reason}.',
    next: 'Check the network, then pull again; layers already stored are kept.',
  },
  SLIPWAY_IMAGES_DISK_FULL: {
    message:
      'No space for {what} below {directory}: {missingMiB} MiB are missing of {neededMiB} MiB that it takes at least; {reserveMiB} MiB stay free for the host.',
    next: 'Remove images or data that are not needed, or give the host a larger disk; nothing of it was kept.',
  },
  SLIPWAY_IMAGES_LAYER_TOO_LARGE: {
    message: 'Layer {digest} unpacks to more than {limit}; nothing of it was kept.',
    next: 'This may be a decompression bomb; if the image is yours, build it with smaller layers, for the limit is fixed.',
  },
  SLIPWAY_IMAGES_LAYER_UNSAFE: {
    message: 'Layer {digest} is refused: the entry "{path}" {reason}.',
    next: 'Do not trust this image; if it is yours, build it with a current tool.',
  },
  SLIPWAY_IMAGES_LAYER_DAMAGED: {
    message: 'Layer {digest} cannot be unpacked: {reason}.',
    next: 'Push the image again with a current tool.',
  },
  SLIPWAY_IMAGES_LAYER_CHANGED: {
    message: 'The file "{path}" of the stored layer {diffId} is not as it was unpacked.',
    next: 'Remove the images that have this layer and pull them again; something else writes to the image store.',
  },
  SLIPWAY_IMAGES_LAYER_NOT_REPRODUCIBLE: {
    message:
      'The archive of layer {diffId} has a file twice, so that it cannot be made again from what is unpacked.',
    next: 'Copy the image from where it was pulled; the containers that have it are not affected.',
  },
  SLIPWAY_IMAGES_ARCHIVE_INVALID: {
    message: 'The archive of images cannot be used: {reason}.',
    next: 'Save the images again with a current tool, as `docker save` or `skopeo copy` to oci-archive; one that `docker export` made is for `docker import`.',
  },
  SLIPWAY_IMAGES_CHANGE_INVALID: {
    message: 'The change "{change}" cannot be made: {reason}.',
    next: 'Changes are CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR, as in a Dockerfile.',
    exitStatus: 2,
  },
  SLIPWAY_IMAGES_PROGRAM_FAILED: {
    message: '{program} failed ({status}): {output}.',
    next: 'Check that the program is there and that the disk is well (journalctl --dmesg).',
  },
  SLIPWAY_IMAGES_RECORD_DAMAGED: {
    message: 'The stored record {file} of an image is damaged: {reason}.',
    next: 'Pull the image again; that replaces the record.',
  },
})
