import { Extension, InputRule } from "@tiptap/core";

/** "[ ] " at the beginning of a list's item, which "- " has just made, makes a task of it, as Markdown is written. */
export const TaskInput = Extension.create({
  name: "taskInput",
  // Before the task's own rule, which takes the characters away also where it then does nothing.
  priority: 200,

  addInputRules() {
    return [
      new InputRule({
        find: /^\[([ xX]?)\]\s$/,
        handler: ({ state, range, match, chain }) => {
          const { $from } = state.selection;
          const isFirstOfItem =
            $from.depth > 2 && $from.node(-1).type.name === "listItem" && $from.index(-1) === 0;
          // Lifted out of a list in a list, it would be an item of the outer one.
          if (!isFirstOfItem || $from.node(-3).type.name === "listItem") return;
          chain()
            .liftListItem("listItem")
            .wrapInList("taskList")
            // Last: to lift out of a list wants a document that is not changed yet.
            .command(({ tr }) => {
              tr.delete(tr.mapping.map(range.from), tr.mapping.map(range.to));
              return true;
            })
            .updateAttributes("taskItem", { checked: match[1]?.toLowerCase() === "x" })
            .run();
        },
      }),
    ];
  },
});
