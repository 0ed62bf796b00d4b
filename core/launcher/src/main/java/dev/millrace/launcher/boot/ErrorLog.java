/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceFactory;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.log.FormatterLogger;
import org.osgi.service.log.Logger;
import org.osgi.service.log.LoggerConsumer;
import org.osgi.service.log.LoggerFactory;

/**
 * Tells people what bundles log as errors, above all what components throw: one sentence each, and the same one only once, however
 * often a component is tried again. Without it the framework's services write long traces. May be used from any thread.
 */
final class ErrorLog implements ServiceFactory<LoggerFactory> {

    /** So many different sentences are remembered; a bundle that makes up new ones without end is heard no longer. */
    private static final int MOST = 200;
    private static final Pattern NO_NUMBER = Pattern
            .compile("java.lang.NumberFormatException: For input string: (\".*\").*", Pattern.DOTALL);

    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private final Consumer<String> teller;
    private final boolean traces;

    /**
     * A log.
     *
     * @param teller is given each sentence
     * @param traces whether traces are written to standard error, too
     */
    ErrorLog(Consumer<String> teller, boolean traces) {
        this.teller = teller;
        this.traces = traces;
    }

    @Override
    public LoggerFactory getService(Bundle bundle, ServiceRegistration<LoggerFactory> registration) {
        return new Loggers(bundle.getSymbolicName());
    }

    @Override
    public void ungetService(Bundle bundle, ServiceRegistration<LoggerFactory> registration, LoggerFactory loggers) {
        // nothing is held
    }

    private void tell(Errors logger, String message, @Nullable Object... arguments) {
        Throwable thrown = Arrays.stream(arguments).filter(Throwable.class::isInstance).map(Throwable.class::cast)
                .findFirst().orElse(null);
        String sentence = thrown == null
                ? logger.where() + ": " + filled(message, arguments)
                : setting(thrown).map(value -> logger.where() + " is configured by " + value)
                        .orElseGet(() -> logger.where() + " fails: " + what(thrown));
        if (told.size() < MOST && told.add(sentence)) {
            teller.accept(sentence);
            if (traces && thrown != null) {
                thrown.printStackTrace();
            }
        }
    }

    private static String filled(String message, @Nullable Object... arguments) {
        String text = message;
        for (Object argument : arguments) {
            int gap = text.indexOf("{}");
            text = gap < 0 ? text : text.substring(0, gap) + argument + text.substring(gap + 2);
        }
        return text.strip();
    }

    /** A value of a configuration that is no number, which the framework's services tell by their own classes alone. */
    private static Optional<String> setting(Throwable thrown) {
        boolean read = false;
        for (Throwable one = thrown; one != null; one = one.getCause()) {
            read |= Arrays.stream(one.getStackTrace())
                    .anyMatch(frame -> frame.getClassName()
                            .startsWith("org.apache.felix.scr.impl.inject.internal.Annotations"));
            Matcher value = NO_NUMBER.matcher(String.valueOf(one.getMessage()));
            if (read && value.matches()) {
                return Optional.of(value.group(1) + ", where a number belongs: correct that in its configuration.");
            }
        }
        return Optional.empty();
    }

    /** What was thrown, and where in the bundle's own code, for whoever wrote it. */
    private static String what(Throwable thrown) {
        Throwable said = thrown;
        while (said.getCause() != null && (said.getMessage() == null || said instanceof InvocationTargetException)) {
            said = said.getCause();
        }
        String place = Arrays.stream(said.getStackTrace())
                .filter(frame -> !frame.getClassName().startsWith("java.") && !frame.getClassName().startsWith("jdk."))
                .findFirst().map(frame -> " in " + frame.getClassName() + "." + frame.getMethodName() + ", line "
                        + frame.getLineNumber())
                .orElse("");
        String type = said.getClass().getSimpleName() + place;
        return said.getMessage() == null
                ? type + "."
                : said.getMessage().strip().replaceFirst("\\.$", "") + " (" + type + ").";
    }

    /** What one bundle logs by. Who looks after components asks in the name of their bundles. */
    final class Loggers implements LoggerFactory {

        private final String bundle;

        Loggers(String bundle) {
            this.bundle = bundle;
        }

        @Override
        public Logger getLogger(String name) {
            return new Errors(name, bundle);
        }

        @Override
        public Logger getLogger(Class<?> type) {
            return getLogger(type.getName());
        }

        @Override
        public <L extends Logger> L getLogger(String name, Class<L> kind) {
            return kind.cast(getLogger(name));
        }

        @Override
        public <L extends Logger> L getLogger(Class<?> type, Class<L> kind) {
            return kind.cast(getLogger(type));
        }

        @Override
        public <L extends Logger> L getLogger(Bundle other, String name, Class<L> kind) {
            return kind.cast(new Errors(name, other.getSymbolicName()));
        }
    }

    /** Of one bundle, or one of its components. */
    private final class Errors implements FormatterLogger {

        private final String name;
        private final String bundle;

        Errors(String name, String bundle) {
            this.name = name;
            this.bundle = bundle;
        }

        /** The component or whatever the name stands for, and the bundle. */
        String where() {
            return name.equals(Logger.ROOT_LOGGER_NAME) || name.equals(bundle)
                    ? "The bundle " + bundle
                    : "The component " + name + " of the bundle " + bundle;
        }

        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isErrorEnabled() {
            return true;
        }

        @Override
        public void error(String message) {
            tell(this, message);
        }

        @Override
        public void error(String message, @Nullable Object argument) {
            tell(this, message, argument);
        }

        @Override
        public void error(String message, @Nullable Object first, @Nullable Object second) {
            tell(this, message, first, second);
        }

        @Override
        public void error(String message, @Nullable Object... arguments) {
            tell(this, message, arguments);
        }

        @Override
        public <E extends Exception> void error(LoggerConsumer<E> consumer) throws E {
            consumer.accept(this);
        }

        @Override
        public boolean isWarnEnabled() {
            return false;
        }

        @Override
        public void warn(String message) {
            // nobody asked
        }

        @Override
        public void warn(String message, @Nullable Object argument) {
            // nobody asked
        }

        @Override
        public void warn(String message, @Nullable Object first, @Nullable Object second) {
            // nobody asked
        }

        @Override
        public void warn(String message, @Nullable Object... arguments) {
            // nobody asked
        }

        @Override
        public <E extends Exception> void warn(LoggerConsumer<E> consumer) {
            // nobody asked
        }

        @Override
        public boolean isInfoEnabled() {
            return false;
        }

        @Override
        public void info(String message) {
            // nobody asked
        }

        @Override
        public void info(String message, @Nullable Object argument) {
            // nobody asked
        }

        @Override
        public void info(String message, @Nullable Object first, @Nullable Object second) {
            // nobody asked
        }

        @Override
        public void info(String message, @Nullable Object... arguments) {
            // nobody asked
        }

        @Override
        public <E extends Exception> void info(LoggerConsumer<E> consumer) {
            // nobody asked
        }

        @Override
        public boolean isDebugEnabled() {
            return false;
        }

        @Override
        public void debug(String message) {
            // nobody asked
        }

        @Override
        public void debug(String message, @Nullable Object argument) {
            // nobody asked
        }

        @Override
        public void debug(String message, @Nullable Object first, @Nullable Object second) {
            // nobody asked
        }

        @Override
        public void debug(String message, @Nullable Object... arguments) {
            // nobody asked
        }

        @Override
        public <E extends Exception> void debug(LoggerConsumer<E> consumer) {
            // nobody asked
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public void trace(String message) {
            // nobody asked
        }

        @Override
        public void trace(String message, @Nullable Object argument) {
            // nobody asked
        }

        @Override
        public void trace(String message, @Nullable Object first, @Nullable Object second) {
            // nobody asked
        }

        @Override
        public void trace(String message, @Nullable Object... arguments) {
            // nobody asked
        }

        @Override
        public <E extends Exception> void trace(LoggerConsumer<E> consumer) {
            // nobody asked
        }

        @Override
        public void audit(String message) {
            // nobody asked
        }

        @Override
        public void audit(String message, @Nullable Object argument) {
            // nobody asked
        }

        @Override
        public void audit(String message, @Nullable Object first, @Nullable Object second) {
            // nobody asked
        }

        @Override
        public void audit(String message, @Nullable Object... arguments) {
            // nobody asked
        }
    }
}
