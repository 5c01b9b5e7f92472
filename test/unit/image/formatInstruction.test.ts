import assert from 'node:assert/strict';
import { formatInstruction } from '../../../src/core/image/formatInstruction.ts';

describe('a build step as a person wrote it', () => {
  const cases: readonly (readonly [recorded: string, shown: string])[] = [
    ['/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'],
    ['/bin/sh -c #(nop) ADD file:8b8864b3 in / ', 'ADD file:8b8864b3 in /'],
    ['/bin/sh -c apt-get update', 'RUN apt-get update'],
    ['RUN /bin/sh -c make # buildkit', 'RUN make'],
    ['RUN |2 A=b VERSION=1.2 3 /bin/sh -c make install # buildkit', 'RUN make install'],
    ['|1 A=b /bin/sh -c make', 'RUN make'],
    ['RUN /bin/bash -o pipefail -c curl x | sh # buildkit', 'RUN curl x | sh'],
    ['COPY dist ./dist # buildkit', 'COPY dist ./dist'],
    [
      'RUN /bin/sh -c set -eux; \tapt-get update; \t\trm -rf /x # buildkit',
      'RUN set -eux;\n  apt-get update;\n  rm -rf /x',
    ],
    ['cmd /S /C #(nop)  ENV A=b', 'ENV A=b'],
    ["# debian.sh --arch 'amd64' out/", "# debian.sh --arch 'amd64' out/"],
    ['', ''],
  ];
  for (const [recorded, shown] of cases) {
    it(`shows ${JSON.stringify(recorded)} as ${JSON.stringify(shown)}`, () => {
      assert.equal(formatInstruction(recorded), shown);
    });
  }
});
