import { defineErrors } from './error.ts'

/** Errors of finding, pinning and fetching Debian packages. */
export const packageErrors = defineErrors({
  SLIPWAY_PACKAGES_NO_MIRROR: {
    message: 'no Debian mirror is known for {suite}: this machine’s apt has none',
    next: 'Set debian.mirror in the image definition, or SLIPWAY_MIRROR in the environment.',
  },
  SLIPWAY_PACKAGES_MIRROR_UNREACHABLE: {
    message: 'the package archive cannot be read: {output}',
    next: 'Check the mirror’s address and the network. With a lock file and its packages in the cache, --locked builds without the archive.',
  },
  SLIPWAY_PACKAGES_UNTRUSTED: {
    message: 'the package archive’s signature does not hold: {output}',
    next: 'Don’t build from it. If the archive’s keys are newer than this machine’s, update the package debian-archive-keyring.',
  },
  SLIPWAY_PACKAGES_NOT_FOUND: {
    message: 'no package named {names} in {suite}',
    next: 'Correct the list of packages in the image definition {image}.',
  },
  SLIPWAY_PACKAGES_UNSATISFIABLE: {
    message: 'the packages cannot be installed together: {output}',
    next: 'Change the list of packages in the image definition {image}.',
  },
  SLIPWAY_PACKAGES_DOWNLOAD_FAILED: {
    message: 'packages could not be downloaded: {output}',
    next: 'Run the same command again: what has arrived is kept.',
  },
  SLIPWAY_PACKAGES_NOT_LOCKED: {
    message: '--locked: the lock file {file} does not match the image definition: {differences}',
    next: 'Build without --locked to write it anew, look at what moved, and commit it.',
  },
  SLIPWAY_PACKAGES_LOCK_MISSING: {
    message: '--locked: there is no lock file {file}',
    next: 'Build once without --locked, and commit the file that appears.',
  },
  SLIPWAY_PACKAGES_LOCKED_VERSION_GONE: {
    message: 'the archive no longer has these locked packages: {names}',
    next: 'Build without --locked to move to the newer versions, or set debian.mirror to an archive that keeps old ones.',
  },
  SLIPWAY_PACKAGES_DIGEST_MISMATCH: {
    message: '{file} has SHA-256 {actual}, expected {expected}',
    next: 'The file was damaged or changed after it was fetched; it has been removed. Run the same command again.',
  },
})
