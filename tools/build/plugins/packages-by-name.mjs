import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

// Packages are nine tenths of a full source map. Each of their files gets a map of its own with one mark that bears its name, so that the
// map knows our sources by line and theirs by name: a tenth of the size. service-kit/src/bundle-stacks.ts reads it.
/** Names a package's file in the source map without mapping its lines. */
export const packagesByName = {
  name: 'packages-by-name',
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, ({ path }) => {
      const map = JSON.stringify({ version: 3, sources: [basename(path)], mappings: 'AAAA' });
      const url = `data:application/json;base64,${Buffer.from(map).toString('base64')}`;
      return { contents: `${readFileSync(path, 'utf8')}\n//# sourceMappingURL=${url}`, loader: 'js' };
    });
  },
};
