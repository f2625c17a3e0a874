import { ownWarning } from './definition.ts'

/** Users and groups; the reference implementation leaves them to useradd, which fails at the boot. */
export const accountProblems = {
  IGNITION_ACCOUNT_NAME: ownWarning(
    'not a name that useradd takes',
    'a lower-case letter or _, then lower-case letters, digits, _ and -, at most 32',
  ),
  IGNITION_PASSWORD_NOT_HASHED: ownWarning(
    'this is no hash, and nobody can log in by it',
    'what mkpasswd or openssl passwd -6 prints, beginning with $',
  ),
  IGNITION_SSH_KEY: ownWarning(
    'this is no line of an authorized_keys file, and nobody can log in by it',
    'options, type and key: ssh-ed25519 AAAA…',
  ),
}
