// The editor's own schema and y-prosemirror, without a browser: a JSON array of jobs on standard input, the answers on
// standard output. A job is {json}: answered with a Yjs update, and with the document in full; or {update}: answered
// with what the editor would show. The only job {schema: true} is answered with the schema.

import { registerHooks } from "node:module";
import { text } from "node:stream/consumers";

const web = new URL("../../../services/web/", import.meta.url);

// What needs a browser adds nothing to the schema.
const stubs = {
  "./carets": "export const carets = () => [];",
  "./commentMarks": "export const CommentMarks = null;",
  "./slashMenu": "export const SlashMenu = null;",
  "./fileDrop": "export const FileDrop = null;",
  "./pasteLimit": "export const PasteLimit = { configure: () => null };",
};
registerHooks({
  resolve(specifier, context, next) {
    const stub = stubs[specifier];
    if (stub) return { url: `data:text/javascript,${encodeURIComponent(stub)}`, shortCircuit: true };
    // The editor's own modules name each other without an ending, as its bundler allows and Node does not.
    const own = specifier.startsWith("./") && context.parentURL?.startsWith(`${web.href}src/`);
    return next(own ? `${specifier}.ts` : specifier, context);
  },
});

const { makeExtensions } = await import(new URL("src/features/editor/extensions/extensions.ts", web).href);
const { getSchema } = await import(new URL("node_modules/@tiptap/core/dist/index.js", web).href);
const { Node } = await import(new URL("node_modules/prosemirror-model/dist/index.js", web).href);
const Y = await import(new URL("node_modules/yjs/dist/yjs.mjs", web).href);
const yTiptap = await import(new URL("node_modules/@tiptap/y-tiptap/dist/y-tiptap.js", web).href);

const field = "default";
const schema = getSchema(makeExtensions({ doc: new Y.Doc(), awareness: null, user: null }).filter(Boolean));

function defaults(attributes) {
  return Object.fromEntries(Object.entries(attributes ?? {}).map(([name, { default: value }]) => [name, value ?? null]));
}

function answer(job) {
  if (job.schema) {
    return {
      nodes: Object.values(schema.nodes).map(({ name, spec }) => ({
        name,
        content: spec.content ?? "",
        block: (spec.group ?? "").split(" ").includes("block"),
        takesMarks: spec.marks !== "",
        attributes: defaults(spec.attrs),
      })),
      marks: Object.values(schema.marks).map((mark) => ({
        name: mark.name,
        overlaps: !mark.excludes(mark),
        attributes: defaults(mark.spec.attrs),
      })),
    };
  }
  if (job.json) {
    const node = Node.fromJSON(schema, job.json);
    node.check();
    const doc = yTiptap.prosemirrorToYDoc(node, field);
    return { update: Buffer.from(Y.encodeStateAsUpdate(doc)).toString("base64"), json: node.toJSON() };
  }
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Buffer.from(job.update, "base64"));
  const node = yTiptap.yXmlFragmentToProseMirrorRootNode(doc.getXmlFragment(field), schema);
  node.check();
  return { json: node.toJSON(), pending: doc.store.pendingStructs !== null };
}

process.stdout.write(JSON.stringify(JSON.parse(await text(process.stdin)).map(answer)));
