import { error, ownError, ownWarning, warning } from './definition.ts'

const clean = 'an absolute path without //, ., .. or a slash at its end'

/** Paths, files, directories and links. */
export const nodeProblems = {
  IGNITION_PATH_EMPTY: error('ErrNoPath', 'the path is empty', clean),
  IGNITION_PATH_RELATIVE: error('ErrPathRelative', 'the path is relative', clean),
  IGNITION_PATH_NOT_CLEAN: error('ErrDirtyPath', 'the path is not fully simplified', clean),
  IGNITION_PATH_NUL: ownError('the path has a NUL character', clean),
  IGNITION_PATH_THROUGH_LINK: error(
    ['ErrFileUsedSymlink', 'ErrDirectoryUsedSymlink', 'ErrLinkUsedSymlink'],
    'the path goes through {link}, a link of this config',
    'the real path',
  ),
  IGNITION_PATH_THROUGH_FILE: ownWarning(
    'the path goes through {file}, a file of this config',
    'a path below directories',
  ),
  IGNITION_PATH_OF_UNIT: error(
    'ErrPathConflictsSystemd',
    'systemd.units writes this path too',
    'one of them',
  ),
  IGNITION_ID_AND_NAME: error('ErrBothIDAndNameSet', 'both id and name are given', 'one of them'),
  IGNITION_ID_RANGE: ownError('the id is out of range', '0 to {highest}'),
  IGNITION_MODE_RANGE: error(
    'ErrFileIllegalMode',
    'the mode is out of range',
    '0 to 4095, which is 07777 in octal',
  ),
  IGNITION_MODE_SPECIAL_BITS: warning(
    'ErrModeSpecialBits',
    'the setuid, setgid and sticky bits have no effect',
    'version 3.6.0 for them',
  ),
  IGNITION_MODE_DECIMAL: ownWarning('{mode} is 0{octal} in octal', '{meant} if 0{mode} is meant'),
  IGNITION_OVERWRITE_WITHOUT_SOURCE: error(
    'ErrOverwriteAndNilSource',
    'overwrite without contents.source',
    'false, or a source',
  ),
  IGNITION_APPEND_WITHOUT_SOURCE: ownError('there is nothing to append', 'a source'),
  IGNITION_LINK_TARGET: error('ErrLinkTargetRequired', 'the link has no target', 'a target'),
  IGNITION_LINK_TARGET_NUL: ownError('the target has a NUL character', 'a path'),
  IGNITION_HARD_LINK_TO_DIRECTORY: error(
    'ErrHardLinkToDirectory',
    'a hard link to a directory',
    'the path of a file',
  ),
  IGNITION_HARD_LINK_OWNER: warning(
    'ErrHardLinkSpecifiesOwner',
    'a hard link has the owner of its target',
  ),
}
