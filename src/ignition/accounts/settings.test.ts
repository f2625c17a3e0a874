import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountSettings } from './settings.ts'

test('a host without settings keeps low numbers for releases and home directories private', () => {
  const settings = accountSettings('', '')
  assert.deepEqual(settings.uids, { min: 1000, max: 60000 })
  assert.deepEqual(settings.systemGids, { min: 500, max: 999 })
  assert.equal(settings.homeMode, 0o700)
  assert.equal(settings.userGroups, true)
  assert.equal(settings.shell, '/usr/bin/nologin')
})

test('reads login.defs and the defaults of useradd', () => {
  const settings = accountSettings(
    '# UID_MIN 1\nUID_MIN\t2000\nSYS_UID_MAX 400\nSYS_UID_MIN 0x64\nUMASK 027\nUSERGROUPS_ENAB no\nPASS_MAX_DAYS 99999\nMAIL_DIR /var/mail\n',
    '# SHELL=/no\nSHELL=/bin/sh\nHOME=/var/home\nGROUP=staff\nSKEL=/etc/other\n',
  )
  assert.deepEqual(settings.uids, { min: 2000, max: 60000 })
  assert.deepEqual(settings.systemUids, { min: 100, max: 400 })
  assert.equal(settings.homeMode, 0o750)
  assert.equal(settings.userGroups, false)
  assert.deepEqual(settings.passwordDays, { min: '', max: '99999', warn: '' })
  const { shell, homes, group, skeleton } = settings
  assert.deepEqual([shell, homes, group, skeleton], ['/bin/sh', '/var/home', 'staff', '/etc/other'])
})

test('the mode of home directories goes before the umask', () => {
  assert.equal(accountSettings('HOME_MODE 0711\nUMASK 022\n', '').homeMode, 0o711)
})
