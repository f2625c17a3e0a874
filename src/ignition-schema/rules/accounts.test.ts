import { type Case, configWith, testRules } from '../testing/cases.ts'

const at = '$.passwd.users.0'

function withUser(user: object) {
  return configWith({ passwd: { users: [{ name: 'core', ...user }] } })
}

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE comment'

const identities: readonly Case[] = [
  [
    'a user is declared once',
    configWith({ passwd: { users: [{ name: 'a' }, { name: 'a' }] } }),
    ['error IGNITION_DUPLICATE $.passwd.users.1.name'],
  ],
  [
    'a group is declared once',
    configWith({ passwd: { groups: [{ name: 'a' }, { name: 'a' }] } }),
    ['error IGNITION_DUPLICATE $.passwd.groups.1.name'],
  ],
  [
    'a user and a group may have one name',
    configWith({ passwd: { users: [{ name: 'a' }], groups: [{ name: 'a' }] } }),
    [],
  ],
  [
    'a key is there once',
    withUser({ sshAuthorizedKeys: [key, key] }),
    [`error IGNITION_DUPLICATE ${at}.sshAuthorizedKeys.1`],
  ],
  [
    'a user is in a group once',
    withUser({ groups: ['sudo', 'sudo'] }),
    [`error IGNITION_DUPLICATE ${at}.groups.1`],
  ],
  [
    'users and groups have a name',
    configWith({ passwd: { users: [{}], groups: [{}] } }),
    [`error IGNITION_KEY_MISSING ${at}`, 'error IGNITION_KEY_MISSING $.passwd.groups.0'],
  ],
  [
    'shouldExist came with 3.2.0',
    configWith({ passwd: { users: [{ name: 'a', shouldExist: false }] } }, '3.1.0'),
    [`warning IGNITION_KEY_NEWER ${at}.shouldExist`],
  ],
]

const surprises: readonly Case[] = [
  ...['Core', '1a', 'a b', 'a:b', ''].map(
    (name): Case => [
      `useradd does not take "${name}"`,
      withUser({ name }),
      [`warning IGNITION_ACCOUNT_NAME ${at}.name`],
    ],
  ),
  ...['$6$salt$hash', '$y$j9T$a$b', '*', '!', '!$6$a$b', 'ab01FAX.bQRSU'].map(
    (passwordHash): Case => [`${passwordHash} is a hash`, withUser({ passwordHash }), []],
  ),
  [
    'a password is no hash',
    withUser({ passwordHash: 'hunter2' }),
    [`warning IGNITION_PASSWORD_NOT_HASHED ${at}.passwordHash`],
  ],
  ...[
    key,
    `command="a b",no-pty ${key}`,
    'sk-ssh-ed25519@openssh.com AAAAG',
    'ecdsa-sha2-nistp256 AAAAE2',
    'ssh-rsa AAAAB3==',
    `# comment\n${key}\n`,
  ].map((line): Case => [`${line} is a key`, withUser({ sshAuthorizedKeys: [line] }), []]),
  ...['AAAAC3NzaC1lZDI1NTE5', 'ssh-ed25519', '-----BEGIN OPENSSH PRIVATE KEY-----'].map(
    (line): Case => [
      `${line} is no key`,
      withUser({ sshAuthorizedKeys: [line] }),
      [`warning IGNITION_SSH_KEY ${at}.sshAuthorizedKeys.0`],
    ],
  ),
]

testRules([...identities, ...surprises])
