import { before, describe, it } from 'node:test'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { Comparison, type Line } from './comparison.ts'

describe('of images, the docker command line says the same', () => {
  let engines: Comparison
  const cleanUps = cleanUpsOfSuite()

  before(async () => {
    engines = await Comparison.open(cleanUps)
  })

  const same = (...lines: readonly Line[]) => engines.same(...lines)

  it('and of both engines what they are, and that nothing runs', () =>
    same(
      { line: 'docker version', differs: 'versions' },
      'docker ps',
      'docker ps --all',
      'docker logs nosuch',
      'docker images',
    ))

  it('when one is pulled', () =>
    same(
      // Docker tells of short steps or not, as its luck has it.
      'docker pull REPOSITORY:1 | grep --invert-match "Verifying\\|Download complete"',
      'docker pull REPOSITORY:1',
      'docker pull --quiet REPOSITORY:1',
      'docker pull REPOSITORY:nosuch',
      'docker pull 127.0.0.1:5000/test/nosuch:1',
      'docker pull REPOSITORY@sha256:0000000000000000000000000000000000000000000000000000000000000000',
      'docker images',
      'docker images --digests | sort',
      'docker pull $(docker images --digests --format "{{.Repository}}@{{.Digest}}" REPOSITORY)',
      'docker images --format "{{.Repository}} {{.Tag}} {{.ID}} {{.Size}} {{.SharedSize}}"',
    ))

  it('when it is looked at', () =>
    same(
      'docker image inspect --format "{{json .Config}}" REPOSITORY:1',
      'docker image inspect --format "{{.Id}} {{json .RepoTags}} {{json .RepoDigests}} {{.Size}}" REPOSITORY:1',
      'docker image inspect --format "{{json .RootFS}} {{.Architecture}} {{.Os}} {{.Created}}" REPOSITORY:1',
      'docker image inspect REPOSITORY:1 | sed "s/overlay2.*\\",*$/overlay2/; /LastTagTime/d; /\\/layers\\//d; /Dir\\"/d"',
      'docker history REPOSITORY:1',
      'docker history --no-trunc REPOSITORY:1',
      'docker image inspect nosuch',
      'docker history nosuch:2',
      'docker inspect --type image 0123456789ab',
    ))

  it('when it gets and loses names', () =>
    same(
      'docker tag REPOSITORY:1 one',
      'docker tag REPOSITORY:1 team/two:2',
      'docker tag one REPOSITORY:again',
      'docker tag nosuch three',
      'docker tag one "a b"',
      'docker images | sort',
      'docker images --format "{{.Repository}}:{{.Tag}}" one',
      'docker images --quiet --filter reference="te*/*"',
      'docker images --quiet --filter dangling=true',
      'docker images --quiet --filter label=a=b',
      'docker images --quiet --filter bogus=1',
      'docker rmi one',
      'docker rmi one',
      'docker rmi nosuch:1',
      'docker rmi $(docker images --quiet team/two)',
      'docker rmi REPOSITORY:again',
      'docker images --digests | sort',
      'docker rmi REPOSITORY:1',
      'docker images --digests | sort',
      'docker rmi --force $(docker images --quiet team/two)',
      'docker images --all',
      'docker rmi 0123456789ab',
    ))

  it('when containers are made of it', () =>
    same(
      'docker pull --quiet REPOSITORY:1',
      'docker create --name byname REPOSITORY:1 echo',
      'docker create --name byid $(docker images --quiet REPOSITORY) echo',
      'docker create --name bydigest $(docker images --digests --format "{{.Repository}}@{{.Digest}}" REPOSITORY) echo',
      'docker run --name ended REPOSITORY:1 echo',
      'docker run --detach --name runs REPOSITORY:1 sleep 1000',
      'docker ps --all --format "{{.Names}} {{.Image}}"',
      'docker rmi REPOSITORY:1 2>&1 | sed "s/container [0-9a-f]* is/container ID is/"',
      'docker images',
      'docker rm --force runs',
      'docker image prune --force',
      'docker image prune --all --force',
      'docker rm byname byid bydigest ended',
      'docker image prune --all --force --filter until=1h',
      'docker image prune --all --force',
      'docker images --all',
    ))

  it('when it is pushed', () =>
    same(
      'docker pull --quiet REPOSITORY:1',
      'docker push REPOSITORY:1 | grep --invert-match digest:',
      'docker tag REPOSITORY:1 127.0.0.1:5000/other:1',
      'docker push 127.0.0.1:5000/other:1 | grep --invert-match digest:',
      'docker push --quiet 127.0.0.1:5000/other:1',
      'docker tag REPOSITORY:1 127.0.0.1:5000/other:2',
      'docker push --all-tags 127.0.0.1:5000/other | grep --invert-match digest:',
      'docker push 127.0.0.1:5000/nosuch:1',
      'docker push 127.0.0.1:5000/other:3',
      'docker push 127.0.0.1:1/other',
      'docker rmi 127.0.0.1:5000/other:2 127.0.0.1:5000/other:1 | grep --invert-match sha256',
      'docker rmi REPOSITORY:1 | grep --invert-match sha256',
      'docker pull --quiet 127.0.0.1:5000/other:1',
      'docker run --rm 127.0.0.1:5000/other:1 cat /www/index.html',
      'docker rmi 127.0.0.1:5000/other:1 | grep --invert-match sha256',
    ))

  it('when disk space is asked for', () =>
    same(
      'docker system df',
      'docker pull --quiet REPOSITORY:1',
      'docker create --name one REPOSITORY:1 echo',
      'docker system df',
      'docker system df --verbose',
      'docker rm one',
      'docker rmi REPOSITORY:1',
    ))
})
