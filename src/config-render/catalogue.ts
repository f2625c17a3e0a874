import {
  error,
  ownError,
  ownWarning,
  type ProblemDefinition,
} from '../ignition-schema/catalogue/definition.ts'

const local = 'a path below the directory of --files-dir'

/** What can be wrong with a config before it is rendered; what is wrong with the result has codes of its own. */
export const renderCatalogue = {
  RENDER_YAML_SYNTAX: ownError('it is not YAML that can be read: {reason}'),
  RENDER_NOT_A_MAP: ownError('there is no config', 'a map with the keys variant and version'),
  RENDER_VARIANT_MISSING: ownError('the variant is missing', 'variant: {variants}'),
  RENDER_VARIANT_UNKNOWN: ownError('the variant {variant} is not known here', '{variants}'),
  RENDER_VERSION_MISSING: ownError('the version is missing', 'version: {versions}'),
  RENDER_VERSION_UNKNOWN: ownError('{variant} has no version {version} here', '{versions}'),
  RENDER_VERSION_EXPERIMENTAL: ownError(
    'the version {version} of {variant} is experimental, and what it means may change',
    '{versions}',
  ),
  RENDER_KEY_UNKNOWN: ownWarning('unknown key, which has no effect', '{known}'),
  RENDER_KEY_REFUSED: ownError('unknown key', '{known}'),
  RENDER_KEY_NEWER: ownWarning(
    'the key has no effect: it is newer than this version of the variant',
    'a newer version for it',
  ),
  RENDER_TYPE: ownError('the value has another type', '{wanted}'),
  RENDER_SOURCES: error(
    'ErrTooManyResourceSources',
    'there are several contents',
    'one of source, inline and local',
  ),
  RENDER_UNIT_SOURCES: error(
    'ErrTooManySystemdSources',
    'there are several contents',
    'one of contents and contents_local',
  ),
  RENDER_FILES_DIR_MISSING: error(
    'ErrNoFilesDir',
    'no directory for local files was given',
    'the option --files-dir',
  ),
  RENDER_FILES_DIR_ESCAPE: error('ErrFilesDirEscape', '{path} leads out of the directory', local),
  RENDER_LOCAL_UNREADABLE: ownError('{path} cannot be read: {reason}', local),
  RENDER_LOCAL_NOT_TEXT: ownError('{path} is not text in UTF-8', 'a text'),
  RENDER_TREE_LOCAL: error('ErrTreeNoLocal', 'the key local is missing', local),
  RENDER_TREE_DIRECTORY: error('ErrTreeNotDirectory', '{path} is no directory', 'a directory'),
  RENDER_TREE_TYPE: error(
    'ErrFileType',
    '{path} is neither a file nor a directory nor a symbolic link',
    'a tree without devices, sockets and pipes',
  ),
  RENDER_TREE_NODE_EXISTS: error(
    'ErrNodeExists',
    'the tree has {path}, and so does the config',
    'one of them, or a file without contents in the config',
  ),
  RENDER_MOUNT_FORMAT: error('ErrMountUnitNoFormat', 'the mount unit needs a format', 'a format'),
  RENDER_MOUNT_PATH: error('ErrMountUnitNoPath', 'the mount unit needs a path', 'a path'),
  RENDER_PARTITION_BY_LABEL: ownWarning(
    'a partition without number is always a new one, and its label does not find it again',
    'a number, or wipe_table: true on the disk',
  ),
  RENDER_BOOT_MIRROR: ownError(
    'the root of a host cannot be an array: its partitions are found by their types on the disk that it boots from, and a config is read from them',
    'arrays for data, by storage.raid',
  ),
  RENDER_BOOT_LUKS: ownError(
    'a config cannot encrypt the root of a host: the root is made before the config is read',
    'volumes for data, by storage.luks with clevis',
  ),
  RENDER_BOOT_NOTHING: ownWarning('boot_device has no effect: hosts have another partition layout'),
  RENDER_GRUB: ownError(
    'hosts have no GRUB: systemd-boot starts them, and it has no users',
    'a config without it',
  ),
  RENDER_EXTENSIONS: ownError(
    'hosts have no rpm-ostree, so no packages can be added to them',
    'the program in a container image',
  ),
  RENDER_COREOS_DISK: ownError(
    'the name {device} is one of Fedora CoreOS, and hosts do not have it',
    'another name of the disk, such as one below /dev/disk/by-id or by-path',
  ),
  RENDER_CLEVIS: error('ErrClevisSupport', 'the variant flatcar has no clevis', 'no clevis'),
  RENDER_NESTED: ownError('the config inside is not right: {problem}'),
  RENDER_NESTED_WARNING: ownWarning('in the config inside: {problem}'),
  RENDER_PROJECT: ownError(
    '{name} cannot be a project',
    'lower-case letters, digits, - and _, beginning with a letter or digit',
  ),
  RENDER_COMPOSE: ownError('{problem}'),
  RENDER_COMPOSE_SIZE: ownError('the Compose file takes {bytes} bytes', 'at most {most}'),
  RENDER_UPDATE: ownError('{problem}'),
  RENDER_HOSTNAME: ownError(
    'it cannot be a host’s name',
    'labels of letters, digits and dashes with dots between, at most 64 characters',
  ),
} as const satisfies Readonly<Record<string, ProblemDefinition>>

export type RenderCode = keyof typeof renderCatalogue
