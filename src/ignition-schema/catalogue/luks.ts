import { error } from './definition.ts'

/** Encrypted volumes and how they are unlocked. */
export const luksProblems = {
  IGNITION_LUKS_NAME: error(
    'ErrLuksNameContainsSlash',
    'the name has a slash',
    'the last part of /dev/mapper/NAME',
  ),
  IGNITION_LUKS_LABEL_LENGTH: error(
    'ErrLuksLabelTooLong',
    'the label has {length} bytes',
    'at most 47',
  ),
  IGNITION_LUKS_KEY_FILE: error(
    'ErrInvalidLuksKeyFile',
    'the key file cannot be fetched from its source',
    'a source that is right, or none for a key that is made at the first boot',
  ),
  IGNITION_CLEVIS_CUSTOM_WITH_OTHERS: error(
    'ErrClevisCustomWithOthers',
    'a custom pin beside tang, tpm2 or threshold',
    'one of them; the custom pin "sss" combines others',
  ),
  IGNITION_CLEVIS_PIN_REQUIRED: error('ErrClevisPinRequired', 'the custom pin is missing', 'a pin'),
  IGNITION_CLEVIS_PIN: error(
    'ErrUnknownClevisPin',
    'unknown pin',
    'tpm2, tang or sss; any pin in version 3.6.0',
  ),
  IGNITION_CLEVIS_CONFIG_REQUIRED: error(
    'ErrClevisConfigRequired',
    'the config of the custom pin is missing',
    'a config, which is JSON',
  ),
  IGNITION_TANG_URL: error('ErrInvalidUrl', 'the URL cannot be parsed', 'http(s)://host'),
  IGNITION_TANG_SCHEME: error(
    'ErrInvalidScheme',
    'the server is no URL of a known scheme',
    'http(s)://host',
  ),
  IGNITION_TANG_THUMBPRINT: error(
    'ErrTangThumbprintRequired',
    'the thumbprint is missing',
    'the thumbprint of the server’s signing key',
  ),
  IGNITION_TANG_ADVERTISEMENT: error(
    'ErrInvalidTangAdvertisement',
    'the advertisement is not JSON',
    'what the server sends at /adv, as a string',
  ),
  IGNITION_CEX_WITH_CLEVIS: error('ErrCexWithClevis', 'cex beside clevis', 'one of them'),
  IGNITION_CEX_WITH_KEY_FILE: error('ErrCexWithKeyFile', 'cex beside keyFile', 'one of them'),
}
