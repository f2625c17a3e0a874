import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs'
import { ScratchHost } from './scratch-host.ts'

/** A host with accounts, their settings, home directories and units, as an image might have them. */
export function furnishedHost(): ScratchHost {
  const host = new ScratchHost()
  for (const [path, text] of Object.entries(files)) host.put(path, text)
  for (const path of ['/etc/shadow', '/etc/gshadow']) chmodSync(host.at(path), 0o640)
  mkdirSync(host.at('/root'), { mode: 0o700 })
  mkdirSync(host.at('/etc/skel/.config'), { mode: 0o750 })
  host.put('/etc/skel/.config/private', 'p\n')
  chmodSync(host.at('/etc/skel/.config/private'), 0o600)
  symlinkSync('.profile', host.at('/etc/skel/.link'))
  for (const [path, uid, gid] of owned) chownSync(host.at(path), uid, gid)
  mkdirSync(host.at('/etc/systemd/system/multi-user.target.wants'), { recursive: true })
  symlinkSync(
    '/usr/lib/systemd/system/on.service',
    host.at('/etc/systemd/system/multi-user.target.wants/on.service'),
  )
  symlinkSync(
    '/usr/lib/systemd/system/on.service',
    host.at('/etc/systemd/system/alias-of-on.service'),
  )
  symlinkSync('/dev/null', host.at('/etc/systemd/system/masked.service'))
  symlinkSync('/home/../home', host.at('/srv/absolute'))
  symlinkSync('../../../../../home', host.at('/srv/upwards'))
  return host
}

const install = '[Install]\nWantedBy=multi-user.target\n'

const files: Readonly<Record<string, string>> = {
  '/etc/passwd': `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
app:x:1234:1235:An app:/home/app:/bin/sh
web:x:1300:1300::/srv/web:/bin/sh
net:x:996:996::/:/usr/sbin/nologin
gone:x:1250:1250::/home/gone:/bin/sh
`,
  '/etc/group': `root:x:0:
daemon:x:1:
staff:x:50:app,web
users:x:100:
wheel:x:998:app
net:x:996:
app:x:1235:
web:x:1300:
gone:x:1250:
`,
  '/etc/shadow': `root:*:15887:0:99999:7:::
daemon:*:15887:0:99999:7:::
app:!:15887:0:99999:7:::
web:*:15887:0:99999:7:::
net:!*:15887::::::
gone:*:15887:0:99999:7:::
`,
  '/etc/gshadow': `root:*::
daemon:*::
staff:*:app:app,web
users:*::
wheel:!::app
net:!*::
app:!::
web:!::
gone:!::
`,
  '/etc/login.defs': `# As Debian's, with what it leaves to useradd written out.
UMASK           022
HOME_MODE       0700
PASS_MAX_DAYS   99999
PASS_MIN_DAYS   0
PASS_WARN_AGE   7
UID_MIN          1000
UID_MAX         60000
SYS_UID_MIN       500
SYS_UID_MAX       999
GID_MIN          1000
GID_MAX         60000
SYS_GID_MIN       500
SYS_GID_MAX       999
USERGROUPS_ENAB yes
`,
  '/etc/default/useradd': 'SHELL=/bin/sh\nHOME=/home\nGROUP=100\n',
  '/etc/skel/.profile': 'profile\n',
  '/home/app/mine': 'mine\n',
  '/home/app/of-root': 'root\n',
  '/srv/web/index.html': 'hello\n',
  '/home/gone/mine': 'mine\n',
  '/usr/lib/systemd/system/on.service': `[Service]\nExecStart=/bin/true\n${install}Alias=alias-of-on.service\n`,
  '/usr/lib/systemd/system/off.service': `[Service]\nExecStart=/bin/true\n${install}`,
  '/usr/lib/systemd/system/static.service': '[Service]\nExecStart=/bin/true\n',
  '/usr/lib/systemd/system/masked.service': `[Service]\nExecStart=/bin/true\n${install}`,
  '/usr/lib/systemd/system/each@.service': `[Service]\nExecStart=/bin/true\n${install}`,
  '/usr/lib/systemd/system-preset/99-default.preset': 'disable *\n',
  '/etc/selinux/config': 'SELINUX=disabled\n',
}

const owned: readonly [path: string, uid: number, gid: number][] = [
  ['/home/app', 1234, 1235],
  ['/home/app/mine', 1234, 1235],
  ['/srv/web', 1300, 1300],
  ['/home/gone', 1250, 1250],
  ['/srv/web/index.html', 1300, 1300],
]
