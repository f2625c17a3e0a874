import { defineErrors } from './error.ts'

/** Errors of the build pipeline and of the programs it runs. */
export const buildErrors = defineErrors({
  SLIPWAY_BUILD_LOCK_FAILED: {
    message: 'cannot lock {path}: {reason}',
    next: 'Check that this user may write there and that the file system knows locks.',
  },
  SLIPWAY_BUILD_PROGRAM_MISSING: {
    message: 'the program {program} is missing',
    next: 'Install the package that brings it: {command}',
  },
  SLIPWAY_BUILD_PROGRAM_FAILED: {
    message: '{program} failed ({reason}): {output}',
    next: 'The output above is the program’s own.',
  },
  SLIPWAY_BUILD_DISK_FULL: {
    message: 'no space left below {directory} while {doing}',
    next: 'Free some space (slipway clean removes stored results), then run the same command again; finished stages are kept.',
  },
  SLIPWAY_BUILD_NOT_PERMITTED: {
    message: '{path} cannot be read or written by this user',
    next: 'If an earlier build as root made it, give it to this user (chown) or remove it.',
  },
  SLIPWAY_BUILD_INTERRUPTED: {
    message: 'interrupted by {signal}',
    next: 'Run the same command again: finished stages are kept.',
    exitStatus: 130,
  },
  SLIPWAY_BUILD_SANDBOX_REFUSED: {
    message: 'this machine does not let an ordinary user make namespaces: {output}',
    next: 'Run the same command as root: sudo {command}',
  },
  SLIPWAY_BUILD_SLOT_TOO_SMALL: {
    message: '{content} takes {contentMiB} MiB, but its partition has {partitionMiB} MiB',
    next: 'Remove content, or raise {field} in the image definition (hosts already installed keep their partitions).',
  },
  SLIPWAY_BUILD_EXECUTABLE_MISSING: {
    message: 'the image definition keeps executables that no package brings: {names}',
    next: 'Correct strip.executables, or add the package that has them.',
  },
  SLIPWAY_BUILD_LIBRARY_MISSING: {
    message: '{file} needs {library}, which no package of the image brings',
    next: 'Add the package that has it to the image definition.',
  },
  SLIPWAY_BUILD_MODULE_MISSING: {
    message: 'the image definition keeps kernel modules that the kernel does not have: {names}',
    next: 'Correct kernel.modules or kernel.initrdModules.',
  },
  SLIPWAY_BUILD_NPM_NOT_LOCKED: {
    message: 'the host executable contains {folder}, of which {file} knows nothing',
    next: 'Run npm install, and commit package-lock.json.',
  },
  SLIPWAY_BUILD_COMMAND_LINE_LACKS: {
    message: 'kernel.commandLine lacks what closes known gaps of the kernel: {lacking}',
    next: 'Add these arguments to the image definition, or correct kernel-configs/known-gaps.yaml.',
  },
  SLIPWAY_BUILD_TRUST_UNUSABLE: {
    message: 'hosts cannot trust releases by {file}, which updates.root names: {reason}',
    next: 'Make it with slipway keys init, or correct the path, which begins at the checkout.',
  },
  SLIPWAY_BUILD_UNIT_FOLDER: {
    message: 'units: {name} lies in a folder that has no place in the image',
    next: 'Put it in one of: {folders}.',
  },
  SLIPWAY_BUILD_UNIT_MISSING: {
    message: 'units: there is no file {path}',
    next: 'Correct the name {name} under units in the image definition.',
  },
  SLIPWAY_BUILD_UNIT_TEMPLATE: {
    message: 'units/{name}: {reason}',
    next: 'A template may use the values image, version, and slots with its fields.',
  },
})
