import { error, ownError, warning } from './definition.ts'

const config = 'an Ignition config, which is JSON'

/** The text as a whole, its keys and the types of its values. */
export const documentProblems = {
  IGNITION_EMPTY: error('ErrEmpty', 'the config is empty', config),
  IGNITION_NOT_TEXT: error('ErrInvalid', 'the config is not text', 'JSON in UTF-8'),
  IGNITION_COMPRESSED: error('ErrInvalid', 'the config is compressed with gzip', 'plain JSON'),
  IGNITION_BYTE_ORDER_MARK: error(
    'ErrInvalid',
    'the config begins with a byte order mark',
    'JSON in UTF-8 without one',
  ),
  IGNITION_CLOUD_CONFIG: error(
    'ErrInvalid',
    'this is a cloud-config for cloud-init, which this system does not have',
    'an Ignition config, which is JSON: write users, files and units of the cloud-config as passwd, storage and systemd',
  ),
  IGNITION_SCRIPT: error(
    'ErrInvalid',
    'this is a script, and user data is not run here',
    'an Ignition config, which is JSON: bring the script as a file, with a unit that starts it',
  ),
  IGNITION_MIME_ARCHIVE: error(
    'ErrInvalid',
    'this is a MIME archive for cloud-init, which this system does not have',
    config,
  ),
  IGNITION_BUTANE: error(
    'ErrInvalid',
    'this is a Butane config: translate it with the program butane first',
    config,
  ),
  IGNITION_JSON_SYNTAX: error('ErrInvalid', 'not JSON: found {found}', '{expected}'),
  IGNITION_YAML_SYNTAX: ownError('not YAML: {reason}'),
  IGNITION_NOT_AN_OBJECT: error(
    'ErrInvalid',
    'the config is not a JSON object',
    'an object with the key "ignition"',
  ),
  IGNITION_TYPE: error('ErrInvalid', 'found {found}', '{wanted}'),
  IGNITION_KEY_MISSING: ownError('"{name}" is missing', '{wanted}'),
  IGNITION_KEY_REPEATED: ownError('the key is there twice', 'each key once'),
  IGNITION_KEY_UNUSED: warning('unused key', 'unused key', 'one of {known}'),
  IGNITION_KEY_NEWER: warning(
    'unused key',
    'unused key: it came with specification {version}',
    'ignition.version {version} for it',
  ),
  IGNITION_KEY_CASE: warning('unused key', 'key in unusual case', '"{known}"'),
  IGNITION_DUPLICATE: error('ErrDuplicate', 'the {noun} is declared twice', 'each {noun} once'),
}

const understood = '{understood}'

/** The version of the specification that a config is written for. */
export const versionProblems = {
  IGNITION_VERSION_MISSING: error(
    'ErrInvalidVersion',
    'ignition.version is missing',
    'a version, {understood}',
  ),
  IGNITION_VERSION_TYPE: error(
    'ErrInvalid',
    'the version is not a string',
    'a version in quotes, {understood}',
  ),
  IGNITION_VERSION_MALFORMED: error('ErrInvalidVersion', 'not a version', understood),
  IGNITION_VERSION_1: error(
    'ErrInvalidVersion',
    'a config of specification 1, which is no longer understood',
    'a version, {understood}',
  ),
  IGNITION_VERSION_2: error(
    ['ErrUnknownVersion', 'ErrDeprecated'],
    'specification {version} is no longer understood: rewrite the config',
    '{understood}: the program ign-converter translates 2.x to 3.x',
  ),
  IGNITION_VERSION_EXPERIMENTAL: error(
    'ErrUnknownVersion',
    'specification {version} is experimental and not understood',
    '{understood}: experimental versions may change until they are released',
  ),
  IGNITION_VERSION_UNKNOWN: error(
    'ErrUnknownVersion',
    'specification {version} is not understood',
    understood,
  ),
}
