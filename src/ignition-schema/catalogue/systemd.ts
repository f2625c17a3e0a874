import { error, ownError, ownWarning, warning } from './definition.ts'

/** Units and their drop-ins. */
export const systemdProblems = {
  IGNITION_UNIT_TYPE: error(
    'ErrInvalidSystemdExt',
    'the unit has no known type',
    'a name that ends in {endings}',
  ),
  IGNITION_UNIT_NAME: ownError(
    'not the name of a unit',
    'up to 255 letters, digits and : - _ . \\ @',
  ),
  IGNITION_UNIT_SYNTAX: error('invalid unit content', 'line {line} of the unit file: {mistake}'),
  IGNITION_UNIT_LINE_LENGTH: error(
    'invalid unit content',
    'line {line} of the unit file: {length} bytes are more than the format’s readers take',
    'less than 2048; a backslash at its end joins a line with the next',
  ),
  IGNITION_UNIT_TEXT_IGNORED: ownWarning(
    'line {line} of the unit file: systemd ignores what is before the first section',
  ),
  IGNITION_UNIT_NOT_INSTALLED: warning(
    'NewNoInstallSectionError',
    'enabling the unit has no effect',
    'an [Install] section',
  ),
  IGNITION_INSTANCE_NOT_INSTALLED: warning(
    'NewNoInstallSectionForInstantiableUnitError',
    'enabling the instance has no effect',
    'an [Install] section in {template}',
  ),
  IGNITION_DROPIN_NAME: error(
    'ErrInvalidSystemdDropinExt',
    'not the name of a drop-in',
    'a file name that ends in .conf',
  ),
  IGNITION_DROPIN_PLACE: ownError(
    'not the name of a drop-in',
    'a file name, without slashes, that ends in .conf',
  ),
}
