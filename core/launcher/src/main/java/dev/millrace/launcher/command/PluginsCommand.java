/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore.Trust;
import dev.millrace.api.PluginStore;
import dev.millrace.api.PluginStore.Installed;
import dev.millrace.api.PluginStore.Item;
import dev.millrace.api.PluginStore.Plan;
import dev.millrace.api.PluginStore.State;
import dev.millrace.api.PluginStore.Wish;
import dev.millrace.json.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The plugins in the folder that running programs watch. */
@Command(name = "plugins", description = {"Show, install, update and remove plugins.",
        "What changes here reaches programs that run, such as serve, within about two seconds."}, sortOptions = false, synopsisSubcommandLabel = "COMMAND")
final class PluginsCommand implements Runnable {

    private static final String RULE = "For plugins that nobody signed whom you trust: refuse, ask or allow; MILLRACE_TRUST if not given, else ask for an index and allow for a jar.";
    private static final String NAMED = "A name that plugins list shows.";

    private final Workplace workplace;

    @Spec
    @Nullable
    CommandSpec command;

    private PluginsCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    static CommandLine line(Workplace workplace) {
        return new CommandLine(new PluginsCommand(workplace)).addSubcommand(new TrustCommand(workplace));
    }

    @Override
    public void run() {
        throw new ParameterException(Objects.requireNonNull(command).commandLine(),
                "a command is missing: list, show, why, install, update, remove, start, stop, index or trust");
    }

    private PluginStore store() {
        return workplace.plugins();
    }

    private void say(String line) {
        workplace.console().result(line);
    }

    // ---- what is here

    @Command(name = "list", description = "List the plugins of your folder: how they are, what they offer, where they came from.", sortOptions = false)
    int list(@Option(names = "--all", description = "Also the bundles that come with the program.") boolean all,
            @Option(names = "--json", description = "As JSON, with everything that show tells.") boolean json) {
        List<Installed> chosen = store().list().stream().filter(one -> all || one.file().isPresent()).toList();
        if (json) {
            say(Json.write(chosen.stream().map(PluginsCommand::facts).toList()));
            return ExitCode.DONE;
        }
        if (chosen.isEmpty()) {
            workplace.console().note("There are no plugins in " + store().folder()
                    + ": \"millrace plugins install FILE\" puts one there, and list --all shows what comes with the program.");
        }
        for (Installed one : chosen) {
            say(one.name() + (one.version().isEmpty() ? "" : " " + one.version()) + "  " + state(one)
                    + (one.state() == State.RUNNING && !one.problems().isEmpty() ? " in part" : "")
                    + offered(one) + "  (" + one.source() + one.signer().map(key -> ", signed by " + key).orElse("")
                    + ")");
        }
        return ExitCode.DONE;
    }

    private static String state(Installed one) {
        return one.state().name().toLowerCase(Locale.ROOT);
    }

    private static String offered(Installed one) {
        List<String> services = one.offers().stream().filter(offer -> offer.startsWith("the service "))
                .map(offer -> offer.substring(offer.lastIndexOf('.') + 1)).distinct().toList();
        return services.isEmpty() ? "" : "  " + String.join(", ", services);
    }

    private static Map<String, @Nullable Object> facts(Installed one) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("name", one.name());
        facts.put("version", one.version());
        facts.put("state", state(one));
        facts.put("file", one.file().map(Path::toString).orElse(null));
        facts.put("source", one.source());
        facts.put("signer", one.signer().orElse(null));
        facts.put("offers", one.offers());
        facts.put("needs", one.needs());
        facts.put("problems", one.problems());
        return facts;
    }

    private Installed required(String name) {
        return store().list().stream().filter(one -> one.name().equals(name)).findFirst()
                .orElseThrow(() -> new MillraceException("There is no plugin " + name
                        + ": \"millrace plugins list --all\" shows those there are."));
    }

    @Command(name = "show", description = "Show one plugin: what it offers and needs.", sortOptions = false)
    int show(@Parameters(paramLabel = "NAME", description = NAMED) String name) {
        Installed one = required(name);
        say(one.name() + " " + one.version());
        say("state   " + state(one));
        one.file().ifPresent(file -> say("file    " + file));
        say("source  " + one.source());
        one.signer().ifPresent(key -> say("signer  " + key));
        one.offers().forEach(offer -> say("offers  " + offer));
        one.needs().forEach(need -> say("needs   " + need));
        one.problems().forEach(problem -> say("problem " + problem));
        return ExitCode.DONE;
    }

    @Command(name = "why", description = "Say why a plugin, or a component of it, does not run, and what to do.", sortOptions = false)
    int why(@Parameters(paramLabel = "NAME", description = NAMED) String name) {
        Installed one = required(name);
        if (one.state() == State.RUNNING && one.problems().isEmpty()) {
            say(name + " runs.");
            return ExitCode.DONE;
        }
        one.problems().forEach(this::say);
        return ExitCode.FAILED;
    }

    // ---- what changes it

    @Command(name = "start", description = "Start a plugin again that was stopped.", sortOptions = false)
    int start(@Parameters(paramLabel = "NAME", description = NAMED) String name) {
        store().start(name);
        return ExitCode.DONE;
    }

    @Command(name = "stop", description = "Stop a plugin in all programs, until it is started again.", sortOptions = false)
    int stop(@Parameters(paramLabel = "NAME", description = NAMED) String name) {
        List<String> waiting = store().needing(name);
        store().stop(name);
        warn(name, waiting);
        return ExitCode.DONE;
    }

    @Command(name = "remove", description = "Remove a plugin from the folder.", sortOptions = false)
    int remove(@Parameters(paramLabel = "NAME", description = NAMED) String name) {
        List<String> waiting = store().needing(name);
        store().remove(name);
        warn(name, waiting);
        return ExitCode.DONE;
    }

    private void warn(String name, List<String> waiting) {
        if (!waiting.isEmpty()) {
            workplace.console()
                    .note("What needs " + name + " does not run without it: " + String.join(", ", waiting) + ".");
        }
    }

    @Command(name = "install", description = "Install a plugin from a jar, or with all that it needs from an index.", sortOptions = false)
    int install(
            @Parameters(index = "0", paramLabel = "SOURCE", description = "A jar; or the path or address of an index.xml or of its folder.") String source,
            @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "Which plugin of the index.") @Nullable String name,
            @Option(names = "--trust", paramLabel = "RULE", description = RULE) @Nullable Trust trust,
            @Option(names = "--dry-run", description = "Only say what would be installed.") boolean dry) {
        if (name == null && !source.endsWith(".jar")) {
            throw new ParameterException(Objects.requireNonNull(command).subcommands().get("install"),
                    source + " is no jar; name the plugin of the index behind it");
        }
        if (name != null && source.endsWith(".jar")) {
            throw new ParameterException(Objects.requireNonNull(command).subcommands().get("install"),
                    "a jar is given without a name behind it");
        }
        install(store().plan(new Wish(source, name, trust)), dry);
        return ExitCode.DONE;
    }

    @Command(name = "update", description = "Install the newest versions from the indexes that plugins came from.", sortOptions = false)
    int update(
            @Parameters(arity = "0..*", paramLabel = "NAME", description = "Names that plugins list shows; all that came from an index if none is given.") @Nullable List<String> names,
            @Option(names = "--trust", paramLabel = "RULE", description = RULE) @Nullable Trust trust,
            @Option(names = "--dry-run", description = "Only say what would be installed.") boolean dry) {
        List<String> wanted = new ArrayList<>(names == null ? List.of() : names);
        if (wanted.isEmpty()) {
            store().list().stream().filter(one -> one.file().isPresent() && one.source().matches(".*\\.xml(\\?.*)?"))
                    .forEach(one -> wanted.add(one.name()));
        }
        for (String name : wanted) {
            Wish origin = store().origin(name);
            install(store().plan(new Wish(origin.source(), name, trust)), dry);
        }
        return ExitCode.DONE;
    }

    private void install(Plan plan, boolean dry) {
        if (plan.items().isEmpty()) {
            workplace.console().note(plan.wish().name() + " is installed already, in the newest version.");
        }
        for (Item item : plan.items()) {
            workplace.console().note(item.name() + " " + item.version() + ", " + Sizes.of(item.size())
                    + item.replaces().map(old -> ", in place of " + old).orElse(""));
        }
        if (!dry) {
            store().install(plan, workplace.console()::agreed);
            plan.items().forEach(item -> say(item.name()));
        }
    }

    @Command(name = "index", description = {
            "Write index.xml for the jars in a folder, so that others can install from there.",
            "The format is the one of the OSGi Repository specification 1.1."}, sortOptions = false)
    int index(@Parameters(paramLabel = "FOLDER", description = "A folder of bundles.") Path folder,
            @Option(names = "--name", paramLabel = "NAME", description = "The name of the index; the folder's if not given.") @Nullable String name,
            @Option(names = "--sign", paramLabel = "KEY", description = "A file with an Ed25519 private key in PEM, as \"openssl genpkey -algorithm ed25519\" makes it.") @Nullable Path key) {
        Path there = folder.toAbsolutePath().normalize();
        say(store().index(there, name == null ? String.valueOf(there.getFileName()) : name, key).toString());
        return ExitCode.DONE;
    }

    /** The keys of publishers. */
    @Command(name = "trust", description = "Show, add and remove the keys of publishers, for models and plugins.", sortOptions = false, synopsisSubcommandLabel = "COMMAND")
    static final class TrustCommand implements Runnable {

        private final Workplace workplace;

        @Spec
        @Nullable
        CommandSpec command;

        private TrustCommand(Workplace workplace) {
            this.workplace = workplace;
        }

        @Override
        public void run() {
            throw new ParameterException(Objects.requireNonNull(command).commandLine(),
                    "a command is missing: list, add or remove");
        }

        @Command(name = "list", description = "List the keys.", sortOptions = false)
        int list() {
            workplace.plugins().keys()
                    .forEach(key -> workplace.console()
                            .result(key.name() + (key.revoked() ? "  revoked" : "  trusted")));
            return ExitCode.DONE;
        }

        @Command(name = "add", description = "Trust a publisher.", sortOptions = false)
        int add(@Parameters(paramLabel = "KEY", description = "A file with an Ed25519 public key in PEM, as \"openssl pkey -pubout\" writes it.") Path key,
                @Option(names = "--name", paramLabel = "NAME", description = "Under which it is kept; the file's name if not given.") @Nullable String name) {
            PluginStore.Key kept = workplace.plugins().trust(key,
                    name == null ? String.valueOf(key.getFileName()).replaceFirst("\\.[^.]*$", "") : name);
            workplace.console().note("The key is trusted, under the name " + kept.name() + ".");
            return ExitCode.DONE;
        }

        @Command(name = "remove", description = "Trust a publisher no more.", sortOptions = false)
        int remove(@Parameters(paramLabel = "NAME", description = "A name that trust list shows.") String name,
                @Option(names = "--revoke", description = "Refuse from now on what this key signed, even if the rule is allow.") boolean revoke) {
            workplace.plugins().distrust(name, revoke);
            return ExitCode.DONE;
        }
    }
}
