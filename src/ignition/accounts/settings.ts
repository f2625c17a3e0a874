/** A range of user or group numbers, both ends in it. */
export type IdRange = { readonly min: number; readonly max: number }

/** What useradd(8) takes from login.defs(5) and /etc/default/useradd. */
export type AccountSettings = {
  readonly uids: IdRange
  readonly systemUids: IdRange
  readonly gids: IdRange
  readonly systemGids: IdRange
  /** Permission bits of a new home directory. */
  readonly homeMode: number
  /** Each user gets a group of the same name. */
  readonly userGroups: boolean
  /** Days of a password, as shadow(5) has them: empty for no limit. */
  readonly passwordDays: { readonly min: string; readonly max: string; readonly warn: string }
  /** Where home directories are. */
  readonly homes: string
  readonly shell: string
  readonly skeleton: string
  /** The primary group, by name or number, of users without a group of their own. */
  readonly group: string
}

/**
 * Reads both files; a host without them gets what the project's own users have. System numbers below
 * 500 are left to releases, which give theirs by fixed numbers.
 */
export function accountSettings(loginDefs: string, useradd: string): AccountSettings {
  const defined = new Map(
    loginDefs.split('\n').flatMap((line): [string, string][] => {
      const [, name, value] = /^\s*([A-Z_]+)\s+"?([^"#]*?)"?\s*$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value]]
    }),
  )
  const defaults = new Map(
    useradd.split('\n').flatMap((line): [string, string][] => {
      const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value.trim()]]
    }),
  )
  const number = (name: string, otherwise: number) => cNumber(defined.get(name)) ?? otherwise
  const range = (kind: 'UID' | 'GID') => ({
    min: number(`${kind}_MIN`, 1000),
    max: number(`${kind}_MAX`, 60000),
  })
  const systemRange = (kind: 'UID' | 'GID') => ({
    min: Math.max(1, number(`SYS_${kind}_MIN`, 500)),
    max: number(`SYS_${kind}_MAX`, range(kind).min - 1),
  })
  const days = (name: string) => String(cNumber(defined.get(name)) ?? '')
  return {
    uids: range('UID'),
    systemUids: systemRange('UID'),
    gids: range('GID'),
    systemGids: systemRange('GID'),
    homeMode: number('HOME_MODE', 0o777 & ~number('UMASK', 0o077)) & 0o7777,
    userGroups: (defined.get('USERGROUPS_ENAB') ?? 'yes').toLowerCase() === 'yes',
    passwordDays: {
      min: days('PASS_MIN_DAYS'),
      max: days('PASS_MAX_DAYS'),
      warn: days('PASS_WARN_AGE'),
    },
    homes: defaults.get('HOME') ?? '/home',
    shell: defaults.get('SHELL') ?? '/usr/bin/nologin',
    skeleton: defaults.get('SKEL') || '/etc/skel',
    group: defaults.get('GROUP') ?? '100',
  }
}

/** Octal with a leading zero, hexadecimal with 0x, as strtol(3) has it. */
function cNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8)
  return /^(?:\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : undefined
}
