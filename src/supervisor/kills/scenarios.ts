import type { Output } from '../testing/world.ts'
import type { Ledger } from './ledger.ts'

/** What a scenario acts with. */
export type Stage = {
  readonly image: string
  /** A second image, which comes and goes. */
  readonly otherImage: string
  readonly ledger: Ledger
  /** Runs a line with Docker's command line; what the supervisor's end interrupts is no mistake. */
  docker(line: string): Promise<Output>
  /** Changes a declared container, or takes it away. */
  declare(version: string | undefined): Promise<void>
}

/** A little history of what clients ask for, each with a name that nothing else has. */
export type Scenario = (stage: Stage, name: string) => Promise<void>

const notes = '-v notes:/notes'

function noting(name: string, then: string): string {
  return `sh -c 'echo ${name} >> /notes/starts; ${then}'`
}

/** As a server is: it ends by SIGTERM, with a code of its own. */
const serving = `trap "exit 9" TERM; httpd -f -p 80 -h /www & wait`

const succeeded = ({ status }: Output) => status === 0

async function job({ docker, image, ledger }: Stage, name: string): Promise<void> {
  ledger.begin(name, { exitCode: 7 })
  const line = `docker run --name ${name} ${notes} ${image} ${noting(name, 'sleep 0.2; exit 7')}`
  if ((await docker(line)).status === 7) ledger.promise(name)
}

async function quickJob({ docker, image, ledger }: Stage, name: string): Promise<void> {
  ledger.begin(name, { exitCode: 5 })
  const line = `docker run -d --network none --name ${name} ${notes} ${image} ${noting(name, 'exit 5')}`
  if (succeeded(await docker(line))) ledger.promise(name)
}

async function passing({ docker, image, ledger }: Stage, name: string): Promise<void> {
  ledger.begin(name, { mayBeGone: true, exitCode: 3 })
  await docker(
    `docker run --rm --name ${name} ${notes} -v /own ${image} ${noting(name, 'echo x > /own/x; exit 3')}`,
  )
}

async function server({ docker, image, ledger }: Stage, name: string): Promise<void> {
  ledger.begin(name)
  const line = `docker run -d -p 80 --name ${name} ${notes} ${image} ${noting(name, serving)}`
  if (succeeded(await docker(line))) ledger.promise(name)
  await docker(`docker exec ${name} id`)
  await docker(`docker stop -t 2 ${name}`)
  ledger.startAgain(name)
  await docker(`docker start ${name}`)
  ledger.startAgain(name)
  await docker(`docker restart -t 2 ${name}`)
  await docker(`docker rename ${name} ${name}-too && docker rename ${name}-too ${name}`)
  ledger.letGo(name)
  await docker(`docker rm -f -v ${name}`)
}

async function onNetworks({ docker, image, ledger }: Stage, name: string): Promise<void> {
  await docker(`docker network create ${name}`)
  ledger.begin(name)
  const line = `docker run -d --network ${name} -p 80 --name ${name} ${notes} ${image} ${noting(name, serving)}`
  if (succeeded(await docker(line))) ledger.promise(name)
  await docker(`docker network connect bridge ${name}`)
  await docker(`docker network disconnect ${name} ${name}`)
  await docker(`docker network connect --alias other ${name} ${name}`)
  ledger.letGo(name)
  await docker(`docker rm -f ${name}`)
  await docker(`docker network rm ${name}`)
}

async function withVolume({ docker, image, ledger }: Stage, name: string): Promise<void> {
  await docker(`docker volume create ${name}`)
  ledger.begin(name, { mayBeGone: true, exitCode: 0 })
  await docker(
    `docker run --rm --name ${name} ${notes} -v ${name}:/www ${image} ${noting(name, 'true')}`,
  )
  await docker(`docker volume rm ${name}`)
}

async function images({ docker, otherImage, ledger }: Stage, name: string): Promise<void> {
  await docker(`docker pull -q ${otherImage}`)
  ledger.begin(name, { mayBeGone: true, exitCode: 0 })
  await docker(`docker run --rm --name ${name} ${notes} ${otherImage} ${noting(name, 'true')}`)
  await docker(`docker rmi ${otherImage}`)
}

async function frozen({ docker, image, ledger }: Stage, name: string): Promise<void> {
  ledger.begin(name)
  const line = `docker run -d --name ${name} ${notes} ${image} ${noting(name, serving)}`
  if (succeeded(await docker(line))) ledger.promise(name)
  await docker(`docker commit ${name} made-${name}`)
  await docker(`docker pause ${name}`)
  await docker(`docker unpause ${name}`)
  await docker(`docker update --restart no ${name}`)
  await docker(`docker kill -s USR1 ${name}; docker kill ${name}`)
  ledger.letGo(name)
  await docker(`docker rm -f ${name}`)
  await docker(`docker rmi made-${name}`)
}

async function failing({ docker, image, ledger }: Stage, name: string): Promise<void> {
  ledger.begin(name, { restarts: true, exitCode: 4 })
  const line = `docker run -d --restart on-failure:2 --name ${name} ${notes} ${image} ${noting(name, 'exit 4')}`
  if (succeeded(await docker(line))) ledger.promise(name)
}

async function declared({ declare }: Stage, name: string): Promise<void> {
  await declare(name)
}

async function undeclared({ declare }: Stage): Promise<void> {
  await declare(undefined)
}

export const scenarios: readonly Scenario[] = [
  ...[job, quickJob, passing, server, onNetworks, withVolume, images, frozen, failing],
  ...[declared, declared, undeclared],
]
