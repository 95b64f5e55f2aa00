import { type Extension, encodeExtensions, parseExtensions } from '../../protocol/extensions.ts';
import { parseSubprotocols } from '../../protocol/subprotocol.ts';

/** Parameters of one offer by name, each with all its values. */
export type Configuration = Record<string, (string | true)[]>;

/** Offers by the name of the extension, as the parser of `ws` groups them. Without a prototype: names are just names. */
export type Configurations = Record<string, Configuration[]>;

/** One offer in the shape of `ws`. */
function toConfiguration({ params }: Extension): Configuration {
  const configuration = Object.create(null) as Configuration;
  for (const [name, value] of params) (configuration[name] ??= []).push(value);
  return configuration;
}

/** One offer from the shape of `ws`, where a single value may stand for a list of one. */
export function fromConfiguration(name: string, configuration: object): Extension {
  const params = Object.entries(configuration).flatMap(([param, values]) =>
    (Array.isArray(values) ? values : [values]).map((value) => [param, value === true ? true : String(value)] as const),
  );
  return { name, params };
}

/** Sec-WebSocket-Extensions in the shape that `ws` gives it: `extension.parse` and `extension.format`. */
export const extension = {
  /** Throws a SyntaxError. */
  parse(header: string): Configurations {
    const configurations = Object.create(null) as Configurations;
    for (const one of parseExtensions(header)) (configurations[one.name] ??= []).push(toConfiguration(one));
    return configurations;
  },
  format(configurations: Readonly<Record<string, object | readonly object[]>>): string {
    const all = Object.entries(configurations).flatMap(([name, some]) =>
      (Array.isArray(some) ? (some as object[]) : [some]).map((one) => fromConfiguration(name, one)),
    );
    return encodeExtensions(all);
  },
};

/** Sec-WebSocket-Protocol: `subprotocol.parse`. */
export const subprotocol = {
  /** Throws a SyntaxError. */
  parse: (header: string): Set<string> => new Set(parseSubprotocols(header)),
};
