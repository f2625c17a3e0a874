import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testContainer } from '../runtime/testing/container.ts'
import {
  afterProbe,
  type HealthPlan,
  healthPlan,
  unknownHealth,
  untilNextProbeMs,
} from './health.ts'

const second = 1e9
const startedAt = new Date('2026-01-01T00:00:00Z')
const plan: HealthPlan = {
  command: ['check'],
  intervalMs: 1000,
  timeoutMs: 1000,
  startPeriodMs: 10_000,
  startIntervalMs: 100,
  retries: 2,
}
const probe = (exitCode: number, afterMs: number) => {
  const at = new Date(startedAt.getTime() + afterMs)
  return { startedAt: at, endedAt: at, exitCode, output: '' }
}

describe('the plan of a health check', () => {
  const image = { Healthcheck: { Test: ['CMD', 'a'], Interval: 7 * second, Retries: 5 } }

  it('is the image’s, with what the container says instead', () => {
    const container = testContainer({ healthcheck: { Interval: 2 * second } }, image)
    assert.deepEqual(healthPlan(container), {
      command: ['a'],
      intervalMs: 2000,
      timeoutMs: 30_000,
      startPeriodMs: 0,
      startIntervalMs: 5000,
      retries: 5,
    })
  })

  it('has a shell run what is one text, the image’s own if it has one', () => {
    const healthcheck = { Test: ['CMD-SHELL', 'a && b'] }
    const commandIn = (config: object) =>
      healthPlan(testContainer({ healthcheck }, config))?.command
    assert.deepEqual(commandIn({}), ['/bin/sh', '-c', 'a && b'])
    assert.deepEqual(commandIn({ Shell: ['/bash'] }), ['/bash', 'a && b'])
  })

  it('is none when nothing is to be checked', () => {
    assert.equal(healthPlan(testContainer()), undefined)
    assert.equal(healthPlan(testContainer({ healthcheck: { Test: ['NONE'] } }, image)), undefined)
  })
})

describe('the health of a container', () => {
  const after = (...probes: readonly ReturnType<typeof probe>[]) =>
    probes.reduce((health, each) => afterProbe(health, each, plan, startedAt), unknownHealth)

  it('is good after a success, at once', () => {
    assert.equal(after(probe(1, 20_000), probe(0, 21_000)).status, 'healthy')
  })

  it('is bad after as many failures as are allowed, and good again after a success', () => {
    const bad = [probe(1, 20_000), probe(1, 21_000)]
    assert.equal(after(probe(1, 20_000)).status, 'starting')
    assert.equal(after(...bad).status, 'unhealthy')
    assert.deepEqual(
      [after(...bad, probe(0, 22_000))].map(({ status, failingStreak }) => [status, failingStreak]),
      [['healthy', 0]],
    )
  })

  it('does not suffer from failures soon after the start, unless it was good before', () => {
    const soon = [1000, 2000, 3000].map((at) => probe(1, at))
    assert.deepEqual([after(...soon).status, after(...soon).failingStreak], ['starting', 0])
    assert.equal(after(probe(0, 500), ...soon).status, 'unhealthy')
  })

  it('keeps the last five probes', () => {
    const probes = [1, 2, 3, 4, 5, 6, 7].map((at) => probe(at, at))
    assert.deepEqual(
      after(...probes).log.map(({ exitCode }) => exitCode),
      [3, 4, 5, 6, 7],
    )
  })

  it('is looked at more often soon after the start', () => {
    assert.equal(untilNextProbeMs(unknownHealth, plan, 0), 100)
    assert.equal(untilNextProbeMs(unknownHealth, plan, 10_000), 1000)
    assert.equal(untilNextProbeMs(after(probe(0, 1)), plan, 0), 1000)
  })
})
