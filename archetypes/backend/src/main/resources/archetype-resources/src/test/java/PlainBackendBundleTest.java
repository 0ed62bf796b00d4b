package ${package};

import dev.millrace.spi.backend.Backend;
import dev.millrace.tck.BundleContract;
import java.util.Set;

/** The bundle inside Apache Felix. */
class PlainBackendBundleTest extends BundleContract {

    @Override
    protected Class<?> plugin() {
        return PlainBackend.class;
    }

    @Override
    protected Set<Class<?>> services() {
        return Set.of(Backend.class);
    }
}
