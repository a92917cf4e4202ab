/**
 * Colours a cell that begins with `%%transform js` as JavaScript, and so for every language that the
 * editor knows. Cells without a language, or with Python, stay as they are.
 *
 * Runs in the browser, in JupyterLab 4 and Notebook 7. Written by hand as the container of module
 * federation that a prebuilt extension is, so that nothing has to be built: `init` is given the
 * packages that the application shares, `get` gives the plugin.
 */
(() => {
  const NAME = 'codeexec-magics';
  const LINE = /^\s*%%transform\b[ \t]*(.*)/;
  const LANGUAGE = /^(?:(?:-l|--lang)[\s=]+)?([a-z][\w+#]*)|\s(?:-l|--lang)[\s=]+(\S+)/i;
  const PYTHON = new Set(['python', 'python3', 'py']);

  let packages = {};

  /** What an application's package exports. */
  async function shared(name) {
    const [version] = Object.values(packages[name]);
    return (await version.get())();
  }

  /** The language that a cell's first line names, in lower case; an empty string for none. */
  function languageOf(source) {
    const line = LINE.exec(source);
    const named = line && LANGUAGE.exec(line[1]);
    return named ? (named[1] ?? named[2]).toLowerCase() : '';
  }

  /** Keep the types of a notebook's cells in step with their first lines. */
  class Colours {
    constructor(notebook, languages) {
      this.notebook = notebook;
      this.languages = languages;
      this.watched = new WeakSet();
      this.coloured = new WeakSet();
      this.follow();
      notebook.modelChanged.connect(() => this.follow());
    }

    follow() {
      const cells = this.notebook.model?.cells;
      if (!cells) return;
      cells.changed.connect(this.watchAll, this);
      this.watchAll();
    }

    watchAll() {
      for (const cell of this.notebook.model?.cells ?? []) {
        if (cell.type !== 'code' || this.watched.has(cell)) continue;
        this.watched.add(cell);
        cell.sharedModel.changed.connect(() => this.colour(cell));
        cell.mimeTypeChanged.connect(() => this.colour(cell));
        this.colour(cell);
      }
    }

    colour(cell) {
      const language = languageOf(cell.sharedModel.getSource());
      const known = PYTHON.has(language) ? null : language && this.languages.findByName(language);
      if (known) {
        const type = [known.mime].flat()[0];
        this.coloured.add(cell);
        if (cell.mimeType !== type) cell.mimeType = type;
      } else if (this.coloured.delete(cell)) {
        cell.mimeType = this.notebook.codeMimetype;
      }
    }
  }

  async function plugin() {
    const { INotebookTracker } = await shared('@jupyterlab/notebook');
    const { IEditorLanguageRegistry } = await shared('@jupyterlab/codemirror');
    return {
      id: `${NAME}:highlighting`,
      description: 'Colours cells that begin with %%transform by their language.',
      autoStart: true,
      requires: [INotebookTracker, IEditorLanguageRegistry],
      activate: (_app, notebooks, languages) => {
        const begin = (panel) => new Colours(panel.content, languages);
        notebooks.forEach(begin);
        notebooks.widgetAdded.connect((_, panel) => begin(panel));
      },
    };
  }

  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB[NAME] = {
    init: (scope) => {
      packages = scope;
    },
    get: async () => {
      const made = await plugin();
      return () => ({ __esModule: true, default: made });
    },
  };
})();
