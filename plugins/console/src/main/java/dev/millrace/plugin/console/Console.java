/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import dev.millrace.plugin.http.Route;
import dev.millrace.plugin.http.ServerExtension;
import dev.millrace.plugin.http.ServerHost;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Adds the page to servers. A service inside a framework. */
@Component(service = ServerExtension.class)
public final class Console implements ServerExtension {

    private final PluginList plugins;
    private final LogTail log = new LogTail();

    /** For OSGi. */
    @Activate
    public Console(BundleContext context) {
        this(new InstalledBundles(context));
    }

    private Console(PluginList plugins) {
        this.plugins = plugins;
        log.open();
    }

    /** The page on a plain class path. */
    public static final class OnClassPath implements ServerExtension {

        private final Console console = new Console(List::of);

        /** For the service loader. */
        public OnClassPath() {
        }

        @Override
        public Running start(ServerHost host) {
            return console.start(host);
        }
    }

    @Override
    public Running start(ServerHost host) {
        Chat chat = new Chat(host);
        Overview overview = new Overview(host, plugins);
        Watch watch = new Watch(host, log);
        List<Route> routes = new ArrayList<>(Page.routes());
        routes.add(Route.get("/console/overview", overview::tell));
        routes.add(Route.get("/console/choices", overview::choices));
        routes.add(Route.post("/console/move", overview::move));
        routes.add(Route.get("/console/watch", watch::tell));
        routes.add(Route.post("/console/chat", chat::answer));
        routes.add(Route.post("/console/approve", chat::approve));
        routes.add(Route.post("/console/stop", chat::stop));
        routes.add(Route.post("/console/answer-now", chat::answerNow));
        return new Started(List.copyOf(routes), watch);
    }

    /** Ends the log's tail. */
    @Deactivate
    public void close() {
        log.close();
    }

    private record Started(List<Route> routes, Watch watch) implements Running {

        @Override
        public void close() {
            watch.close();
        }
    }
}
