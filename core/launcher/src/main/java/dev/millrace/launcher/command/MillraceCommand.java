/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program {@code millrace} with its commands. */
@Command(name = "millrace", description = "Runs language models on this machine.", sortOptions = false, synopsisSubcommandLabel = "COMMAND")
final class MillraceCommand implements Runnable {

    private static final String CANCELLED = "Cancelled.";
    private static final Pattern INFINITE = Pattern.compile("(?i)^([+-]?)inf(inity)?$");
    private static final Pattern COMMA = Pattern.compile("[+-]?\\d*,\\d+");

    private final Console console;
    private final CommandLine line;
    private final CommandSpec run;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show stack traces.")
    boolean debug;

    @Option(names = {"-h", "--help"}, usageHelp = true, scope = ScopeType.INHERIT, description = "Show this help.")
    boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Show the version.")
    boolean version;

    MillraceCommand(Workplace workplace) {
        console = workplace.console();
        CommandLine running = new CommandLine(new RunCommand(workplace));
        run = running.getCommandSpec();
        line = new CommandLine(this).addSubcommand(running).addSubcommand(new ChatCommand(workplace))
                .addSubcommand(new BenchCommand(workplace)).addSubcommand(InspectCommand.line(workplace))
                .addSubcommand(new ConvertCommand(workplace)).addSubcommand(new SynthCommand(workplace))
                .addSubcommand(new ParityCommand(workplace)).addSubcommand(new DoctorCommand(workplace))
                .addSubcommand(new SoakCommand(workplace))
                .addSubcommand(new ServeCommand(workplace))
                .addSubcommand(new MqttCommand(workplace))
                .addSubcommand(
                        new CommandLine(new McpCommand(workplace)).addSubcommand(new McpShowCommand(workplace))
                                .addSubcommand(new McpLoginCommand(workplace)))
                .addSubcommand(ToolsCommand.line(workplace)).addSubcommand(PluginsCommand.line(workplace))
                .addSubcommand(new PullCommand(workplace))
                .addSubcommand(new ListCommand(workplace))
                .addSubcommand(new ShowCommand(workplace)).addSubcommand(new RemoveCommand(workplace))
                .addSubcommand(new VerifyCommand(workplace)).addSubcommand(new QuantiseCommand(workplace))
                .addSubcommand(new ImportCommand(workplace)).addSubcommand(new ExportCommand(workplace));
        line.getCommandSpec().version("millrace " + workplace.version());
        line.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExpandAtFiles(false); // a prompt may begin with @
        for (Class<?> type : List.of(double.class, Double.class)) {
            converts(type, MillraceCommand::number);
        }
        for (Class<?> type : List.of(int.class, Integer.class)) {
            converts(type, text -> (int) whole(text, Integer.MIN_VALUE, Integer.MAX_VALUE));
        }
        for (Class<?> type : List.of(long.class, Long.class)) {
            converts(type, text -> whole(text, Long.MIN_VALUE, Long.MAX_VALUE));
        }
        line.setColorScheme(CommandLine.Help.defaultColorScheme(
                console.colour() && console.outTerminal() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
        line.setParameterExceptionHandler((problem, arguments) -> wrongUsage(problem));
        line.setExecutionExceptionHandler((problem, command, result) -> failed(problem));
    }

    @SuppressWarnings("unchecked") // the type and its converter stand beside each other above
    private <K> void converts(Class<?> type, ITypeConverter<K> converter) {
        line.registerConverter((Class<K>) type, converter);
    }

    /** A number, and infinity also as other programs write it. */
    private static double number(String text) {
        try {
            return Double.parseDouble(INFINITE.matcher(text).replaceFirst("$1Infinity"));
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not a number"
                    + (COMMA.matcher(text).matches() ? "; write " + text.replace(',', '.') : ""));
        }
    }

    private static long whole(String text, long least, long most) {
        try {
            BigInteger number = new BigInteger(text.strip());
            if (number.bitLength() < Long.SIZE && number.longValue() >= least && number.longValue() <= most) {
                return number.longValue();
            }
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not a whole number");
        }
        throw new TypeConversionException("'" + text + "' is not from " + least + " to " + most);
    }

    /** Runs a command and gives its exit code. */
    int execute(String... arguments) {
        try {
            int code = line.execute(Prompt.hideDashes(run, arguments));
            if (code == ExitCode.DONE) {
                console.out().check(); // helps and versions are written by the parser
            }
            return code;
        } catch (OutputException e) {
            return failed(e);
        } catch (OutOfMemoryError e) {
            return failed(new MillraceException("The Java heap is full: give more with MILLRACE_JAVA_OPTS=-Xmx4g,"
                    + " a smaller --context or a smaller model.", e));
        } catch (StackOverflowError e) {
            return failed(new MillraceException("The input is nested too deeply.", e));
        } finally {
            console.out().flush();
            console.err().flush();
        }
    }

    @Override
    public void run() {
        throw new ParameterException(line,
                "a command is missing: run, chat, serve, mqtt, mcp, tools, plugins, pull, list, show, rm, verify, import, export, bench, inspect,"
                        + " convert, quantise, synth, parity or doctor");
    }

    private int wrongUsage(ParameterException problem) {
        String command = problem.getCommandLine().getCommandSpec().qualifiedName();
        String message = String.valueOf(problem.getMessage());
        if (problem instanceof UnmatchedArgumentException unmatched && unmatched.isUnknownOption()
                && command.equals("millrace run")) {
            message += "; a prompt that begins with a dash comes last, behind --";
        }
        console.note("millrace: " + message + (message.endsWith(".") ? "" : ".") + " See " + command + " --help.");
        trace(problem);
        return ExitCode.WRONG_USAGE;
    }

    private int failed(Exception problem) {
        if (!(problem instanceof OutputException output && output.isGone())) {
            console.note("millrace: " + (Thread.currentThread().isInterrupted() ? CANCELLED : sentence(problem)));
        }
        trace(problem);
        return ExitCode.FAILED;
    }

    private void trace(Throwable problem) {
        if (debug) {
            problem.printStackTrace(console.err());
        }
    }

    /** One sentence for people. */
    private static String sentence(Exception problem) {
        String message = problem.getMessage();
        return switch (problem) {
            case CancellationException e -> CANCELLED;
            case InterruptedException e -> CANCELLED;
            case OutputException e when message != null -> message;
            case NoSuchFileException e -> "There is no file " + e.getFile() + ".";
            case FileSystemException e -> e.getFile() + " cannot be read or written: "
                    + (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason()) + ".";
            case IOException e -> "Reading or writing failed: " + message + ".";
            case MillraceException e when message != null -> message;
            case IllegalArgumentException e when message != null -> message;
            default -> "Something failed that should not (" + problem + "): run again with --debug and report it.";
        };
    }
}
