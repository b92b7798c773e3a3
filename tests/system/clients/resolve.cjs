// Loaded before a Node program: the names in COLLAB_TEST_NAMES (name=address, separated by commas) are found at those
// addresses, as a name service would find them for people.

const dns = require("node:dns");

const names = new Map((process.env.COLLAB_TEST_NAMES ?? "").split(",").map((pair) => pair.split("=")));
const { lookup } = dns;
const { lookup: promised } = dns.promises;

const found = (address, options) => (options?.all ? [{ address, family: 4 }] : { address, family: 4 });

dns.lookup = (name, options, callback) => {
  const address = names.get(name);
  if (address === undefined) return lookup(name, options, callback);
  const [settings, done] = typeof options === "function" ? [{}, options] : [options, callback];
  const answer = found(address, settings);
  return process.nextTick(() => (settings?.all ? done(null, answer) : done(null, answer.address, answer.family)));
};

dns.promises.lookup = async (name, options) => {
  const address = names.get(name);
  return address === undefined ? promised(name, options) : found(address, options);
};
