import { readFileSync } from 'node:fs';

// Every media type that IANA knows, 2,500 of them, would be a third of a bundle. The services name a type by its extension, or compare one
// that a client sent; a type that is not here is still compared as it is written.
const knownMediaTypes =
  /^(text\/(css|csv|event-stream|html|javascript|markdown|plain|xml)|application\/(javascript|json|octet-stream|problem\+json|x-www-form-urlencoded|xml|yaml)|multipart\/form-data|image\/(png|svg\+xml|x-icon))$/;

/** Keeps of the table of media types what the services name. */
export const fewMediaTypes = {
  name: 'few-media-types',
  setup(build) {
    build.onLoad({ filter: /mime-db\/db\.json$/ }, ({ path }) => {
      const all = Object.entries(JSON.parse(readFileSync(path, 'utf8')));
      const contents = JSON.stringify(Object.fromEntries(all.filter(([type]) => knownMediaTypes.test(type))));
      return { contents, loader: 'json' };
    });
  },
};
